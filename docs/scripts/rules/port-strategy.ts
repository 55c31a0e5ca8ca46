import type { Rule } from './rule.ts';

export const portStrategy: readonly Rule[] = [
  {
    text: '`acquire(request, signal)`: a lease nobody else gets at the same time;',
    checks: [
      'acquire: a lease has a port, a host and variables',
      'acquire: leases at the same time never share a port',
    ],
  },
  {
    text: 'not a port of `exclude`;',
    checks: ['acquire: an excluded port is passed over', 'share: an excluded port is not shared'],
  },
  {
    text: 'where `request.port` is set that one or a rejection, also where nobody has leased it and another process listens on it,',
    checks: [
      'acquire: another port than the one asked for will not do',
      'acquire: a port that is asked for is not leased while somebody else listens on it',
    ],
  },
  {
    text: 'with the code `PORT_UNAVAILABLE`;',
    checks: ['acquire: the rejection of a port that is taken has the code PORT_UNAVAILABLE'],
  },
  { text: 'rejects when aborted.', checks: ['acquire: rejects when the signal has aborted'] },
  {
    text: 'A server can bind its host and port.',
    checks: ['acquire: a server can bind what was leased'],
  },
  {
    text: 'With `held` a server of the owner has `request.port` already: lease it though its socket is in use, but not where it is leased.',
    checks: [
      'acquire: a held port is leased while its server listens on it',
      'acquire: a held port is not leased twice',
    ],
  },
  {
    text: '`deploymentId` and `projectId` of the request, where they are there, say whose server it is; `owner` is for people.',
    checks: [
      'acquire: deploymentId and projectId may be missing',
      'acquire: owner is for people, any text of it gets a port',
    ],
  },
  {
    text: '`release()` gives it back; a second call does nothing, whoever has the port by then.',
    checks: ['release: gives the port back', 'release: a second call does nothing'],
  },
  {
    text: 'Optional `stats`: the ports that are leased now, and how many more there are.',
    checks: ['stats: counts what is leased'],
  },
  {
    text: 'A lease of several ports names them in `ports`: a server that finds any of them taken gets another lease.',
    checks: ['ports: its own port and others, which nobody else gets'],
  },
  {
    text: 'Its optional `isFree` is asked before a server is started again.',
    checks: ['isFree: true while nobody has the ports, false where somebody has one'],
  },
  {
    text: 'A strategy that can hold a socket: leases of requests with the same `share`, and of no others, may be of one port, and have `hold()`.',
    checks: [
      'share: leases of one key are of one port only where it has hold',
      'share: nobody with another key gets the port',
    ],
  },
  {
    text: 'It is asked before each start for descriptors that the server inherits, and `prepare` for the arguments of Node and the variables with which it takes them, answers on `socketPath`,',
    checks: [
      'hold: answers sockets, and prepare what Node takes them with',
      'hold: a server inherits the port, and answers there and on socketPath',
    ],
  },
  {
    text: 'and waits with `standby` until `activate`, which rejects where the server does not take the order, soon after its signal aborts at the latest.',
    checks: [
      'standby: a server accepts nothing before activate',
      'activate: rejects where the server does not take the order',
    ],
  },
  {
    text: '`null`, and no exception, where it cannot be held: the server binds the port.',
    checks: [
      'hold: never fails where somebody else has the port',
      'hold: null leaves the port for the server to bind',
    ],
  },
  {
    text: 'The socket stays, whoever of its servers comes and goes, until the last of its leases is given back.',
    checks: [
      'hold: who comes while no server is there waits for the next one',
      'release: the last lease of a held port gives its socket back, no other',
    ],
  },
];
