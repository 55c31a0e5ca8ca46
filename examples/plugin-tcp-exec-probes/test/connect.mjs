// Exits with 0 where the server accepts a connection, on its own unix socket where it has one.
import { connect } from 'node:net';

const { PROBE_HOST: host, PROBE_PORT: port, PROBE_SOCKET: path } = process.env;
connect(path ? { path } : { host, port: Number(port) })
  .once('connect', () => process.exit())
  .once('error', ({ message }) => {
    process.stderr.write(`${message}\n`);
    process.exit(1);
  });
