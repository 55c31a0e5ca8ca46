export { createPlugin } from './create-plugin.ts';
export type { CreatedPlugin } from './create-plugin.ts';
export { licenses } from './plugin-request.ts';
export type { License, PluginRequest } from './plugin-request.ts';
export { pluginKinds } from './plugin-kinds.ts';
export type { KindTraits, TemplateKind } from './plugin-kinds.ts';
