import type { PluginNames } from './plugin-name.ts';

/** Fields that templates name as `{{field}}`. */
export type TemplateFields = Readonly<
  Record<'packageName' | 'description' | 'author' | 'license' | 'year', string>
>;

/**
 * A file of a template for this plugin. Templates are sources of a plugin called sample, so that they are compiled and
 * tested as they stand; in all other words of a template `sample` must not occur.
 */
export function renderTemplate(
  text: string,
  { name, camel, pascal }: PluginNames,
  fields: TemplateFields,
): string {
  return (
    text
      .replaceAll(/\bsample(?=[A-Z])/g, camel)
      .replaceAll(/\bSample(?=[A-Z])/g, pascal)
      .replaceAll(/\bsample\b/g, name)
      // Last: what the user wrote stays as it is.
      .replaceAll(/\{\{(\w+)\}\}/g, (_, field: string) => {
        const value = fields[field as keyof TemplateFields];
        if (value === undefined) throw new Error(`A template names an unknown field: ${field}`);
        return value;
      })
  );
}
