// What each package publishes beside its entry, its commands and the files that npm always takes.
const published = {
  '@project-runner/jobs': ['dist/keeper-main.js', 'dist/keeper-main.d.ts'],
  '@project-runner/ports-held': ['dist/preload.js'],
};
const always = ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts'];
const installScripts = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];

/**
 * What is wrong with the files and the manifest (its text) of a packed package, a sentence each. The list of files is
 * exact; `more` are those that it has to have on top.
 */
export function tarballProblems(files, manifest, more = []) {
  const { name, bin, scripts } = JSON.parse(manifest);
  const commands = Object.values(bin ?? {}).flatMap((file) => {
    const built = file.replace(/^\.\//, '');
    return [built, built.replace(/\.js$/, '.d.ts')];
  });
  const expected = new Set([...always, ...commands, ...(published[name] ?? []), ...more]);
  const found = files.map((file) => file.replace(/^package\//, ''));
  return [
    ...found
      .filter((file) => !expected.has(file) && file !== 'CHANGELOG.md')
      .map((file) => `${file} must not be published`),
    ...[...expected]
      .filter((file) => !found.includes(file))
      .map((file) => `${file} is missing in the tarball`),
    ...['workspace:', './src/']
      .filter((text) => manifest.includes(text))
      .map((text) => `the packed manifest still says ${text}`),
    ...installScripts
      .filter((script) => scripts?.[script] !== undefined)
      .map((script) => `the script ${script} would run where it is installed`),
  ];
}
