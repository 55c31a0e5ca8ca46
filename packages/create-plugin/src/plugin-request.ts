import type { TemplateKind } from './plugin-kinds.ts';

export const licenses = ['MIT', 'Apache-2.0'] as const;
export type License = (typeof licenses)[number];

/** What is to be written. */
export interface PluginRequest {
  kind: TemplateKind;
  /** Small letters, digits and single dashes: `open-telemetry`. */
  name: string;
  /** Folder, absolute or relative to the current one. @default the name of the package */
  dir?: string;
  /** One sentence. @default made from kind and name */
  description?: string;
  /** @default 'The authors' */
  author?: string;
  /** @default 'MIT' */
  license?: License;
}
