import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const ending = '.api.md';

/**
 * Compares what packages export with their reports, `{reports}/{folder}.api.md`, or writes those.
 *
 * @param packages folders of packages that are built; each has package.json and dist/index.d.ts
 * @returns what differs, a report each; `before` is `null` for a new one, `after` for one of no package
 */
export function compareReports({ packages, reports, isWriting }) {
  mkdirSync(reports, { recursive: true });
  const temp = mkdtempSync(join(tmpdir(), 'project-runner-api-'));
  const configs = packages.map((folder) => configOf(folder, reports, temp));
  const known = new Set(configs.map((config) => config.reportFilePath));
  const changes = [];
  try {
    // One program for all of them: what several use is parsed once.
    const compilerState = CompilerState.create(configs[0], {
      additionalEntryPoints: configs.map((config) => config.mainEntryPointFilePath),
    });
    for (const config of configs) {
      const before = readIfThere(config.reportFilePath);
      const messageCallback = (message) => {
        message.handled = true;
      };
      const result = Extractor.invoke(config, { compilerState, localBuild: isWriting, messageCallback });
      const after = readIfThere(config.reportTempFilePath);
      if (result.apiReportChanged) changes.push({ file: config.reportFilePath, before, after });
    }
    for (const name of readdirSync(reports).filter((each) => each.endsWith(ending))) {
      const file = join(reports, name);
      if (known.has(file)) continue;
      changes.push({ file, before: readIfThere(file), after: null });
      if (isWriting) rmSync(file);
    }
    return changes;
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
}

function configOf(projectFolder, reportFolder, reportTempFolder) {
  const { name } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8'));
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, 'dist/index.d.ts'),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2023',
            lib: ['ES2024'],
            module: 'NodeNext',
            moduleResolution: 'NodeNext',
            types: ['node'],
            strict: true,
            exactOptionalPropertyTypes: true,
            skipLibCheck: true,
            // Types of other packages come from their sources here; those packages have reports of their own.
            allowImportingTsExtensions: true,
            noEmit: true,
          },
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name.split('/').at(-1)}${ending}`,
        reportFolder,
        reportTempFolder,
        includeForgottenExports: true,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
      messages: {
        // Whether they compile is seen where they are compiled.
        compilerMessageReporting: { default: { logLevel: 'none' } },
        extractorMessageReporting: { default: { logLevel: 'none' } },
        tsdocMessageReporting: { default: { logLevel: 'none' } },
      },
    },
    configObjectFullPath: join(projectFolder, 'api-extractor.json'),
    packageJsonFullPath: join(projectFolder, 'package.json'),
  });
}
