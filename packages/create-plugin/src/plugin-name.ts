import { pluginKinds } from './plugin-kinds.ts';
import type { TemplateKind } from './plugin-kinds.ts';

const maxLength = 60;

/** The names of a plugin in its code, its files and the registry. */
export interface PluginNames {
  /** `open-telemetry` */
  name: string;
  /** `openTelemetry` */
  camel: string;
  /** `OpenTelemetry` */
  pascal: string;
  /** `project-runner-plugin-logs-open-telemetry` */
  packageName: string;
}

/** Why a name will not do, `undefined` where it will. */
export function nameProblem(name: string): string | undefined {
  if (/^[a-z][a-z\d]*(-[a-z\d]+)*$/.test(name) && name.length <= maxLength) return undefined;
  return `A name is at most ${maxLength} small letters, digits and single dashes, and begins with a letter, as in open-telemetry; found ${JSON.stringify(name.slice(0, 80))}`;
}

/** Leaves out the beginning of a package's name: `project-runner-plugin-logs-syslog` is `syslog`. */
export function shortName(kind: TemplateKind, name: string): string {
  const prefix = `project-runner-plugin-${pluginKinds[kind].prefix}-`;
  return name.startsWith(prefix) ? name.slice(prefix.length) : name;
}

export function namesOf(kind: TemplateKind, name: string): PluginNames {
  const pascal = name
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return {
    name,
    pascal,
    camel: pascal.charAt(0).toLowerCase() + pascal.slice(1),
    packageName: `project-runner-plugin-${pluginKinds[kind].prefix}-${name}`,
  };
}
