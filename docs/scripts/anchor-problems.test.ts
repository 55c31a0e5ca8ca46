import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import { anchorProblems } from './anchor-problems.mjs';

it('tells of links to places that are not there, on any page', () => {
  const site = mkdtempSync(join(tmpdir(), 'project-runner-site-'));
  onTestFinished(() => rmSync(site, { recursive: true, force: true }));
  mkdirSync(join(site, 'hooks'));
  writeFileSync(
    join(site, 'index.html'),
    '<h2 id="why">Why</h2><a class="x" href="#why">w</a><a href="/life#end">e</a>',
  );
  writeFileSync(join(site, 'life.html'), '<h2 id="end">End</h2><a href="/#why">w</a><a href="#gone">g</a>');
  writeFileSync(
    join(site, 'hooks/log.html'),
    '<a href="./../life#end">e</a><a href="./../life#start">s</a><a href="none#x">n</a><a href="https://a.b/#c">c</a>',
  );
  expect(anchorProblems(site).toSorted()).toEqual([
    '/hooks/log.html: there is no ./../life#start',
    '/hooks/log.html: there is no none#x',
    '/life.html: there is no #gone',
  ]);
});
