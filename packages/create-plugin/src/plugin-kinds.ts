export type TemplateKind =
  | 'package-manager'
  | 'health-probe'
  | 'log-sink'
  | 'port-strategy'
  | 'framework'
  | 'launcher';

/** What differs between the kinds beside their templates. */
export interface KindTraits {
  /** Part of the package's name: `project-runner-plugin-logs-syslog`. */
  prefix: string;
  /** For people who choose. */
  title: string;
  describe(name: string): string;
  /** Packages of Project Runner that the plugin needs beside core. */
  needs: readonly string[];
}

/** Each kind of plugin that can be written, by the name of its hook. */
export const pluginKinds: Readonly<Record<TemplateKind, KindTraits>> = {
  'package-manager': {
    prefix: 'pm',
    title: 'installs dependencies and runs scripts',
    describe: (name) => `The package manager ${name} for Project Runner`,
    needs: [],
  },
  'health-probe': {
    prefix: 'health',
    title: 'looks whether a server is well',
    describe: (name) => `Health probe ${name} for Project Runner`,
    needs: [],
  },
  'log-sink': {
    prefix: 'logs',
    title: 'takes the logs of servers',
    describe: (name) => `Log sink ${name} for Project Runner`,
    needs: [],
  },
  'port-strategy': {
    prefix: 'ports',
    title: 'leases ports to servers',
    describe: (name) => `Port strategy ${name} for Project Runner`,
    needs: [],
  },
  framework: {
    prefix: 'framework',
    title: 'knows how projects of a framework are built and started',
    describe: (name) => `Projects of ${name} for Project Runner`,
    needs: [],
  },
  launcher: {
    prefix: 'launcher',
    title: 'starts and stops processes',
    describe: (name) => `Launcher ${name} for Project Runner`,
    needs: ['@project-runner/launcher-local'],
  },
};
