const allowed = /^package\/(dist\/[\w.-]+\.(js|d\.ts)|README\.md|LICENSE|CHANGELOG\.md|package\.json)$/;
const templates = /^package\/templates\//;
const required = ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts'];

/** What is wrong with the files and the manifest (its text) of a packed package, a sentence each. */
export function tarballProblems(files, manifest) {
  const { bin, files: published = [] } = JSON.parse(manifest);
  const mayBe = (file) => allowed.test(file) || (published.includes('templates') && templates.test(file));
  const commands = Object.values(bin ?? {}).map((file) => file.replace(/^\.\//, ''));
  return [
    ...files.filter((file) => !mayBe(file)).map((file) => `${file} must not be published`),
    ...[...required, ...commands]
      .filter((file) => !files.includes(`package/${file}`))
      .map((file) => `${file} is missing in the tarball`),
    ...['workspace:', './src/']
      .filter((text) => manifest.includes(text))
      .map((text) => `the packed manifest still says ${text}`),
  ];
}
