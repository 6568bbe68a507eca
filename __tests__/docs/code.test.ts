import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readFlags } from '../../src/action/flags.ts';
import { filesEndingIn, pages, root } from './markdown.ts';

const directory = mkdtempSync(join(tmpdir(), 'shipper-docs-code-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const blocksIn = (language: string): readonly { readonly place: string; readonly text: string }[] =>
  pages.flatMap(({ name, blocks }) =>
    blocks
      .filter((block) => block.language === language)
      .map(({ line, text }) => ({ place: `${name}, line ${line}`, text })),
  );

test('the TypeScript of the pages is checked against shipper.d.ts, and only erases types', () => {
  const options = ['strict', 'noUncheckedIndexedAccess', 'erasableSyntaxOnly', 'verbatimModuleSyntax', 'noEmit'];
  mkdirSync(join(directory, 'deploy'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  cpSync(join(root, 'shipper.d.ts'), join(directory, 'shipper.d.ts'));
  const files = blocksIn('ts').map(({ text }, index) => {
    const file = join(directory, 'deploy', `block-${index}.ts`);
    writeFileSync(file, `${text}\n`);
    return file;
  });
  assert.ok(files.length >= 2);
  const modules = [
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
    '--target',
    'es2023',
    '--types',
    'node',
    '--allowImportingTsExtensions',
  ];
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, ...options.map((option) => `--${option}`), ...modules, ...files];
  const { stdout, status } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

for (const [index, { place, text }] of blocksIn('js').entries()) {
  test(`the JavaScript of ${place} is some`, () => {
    const file = join(directory, text.includes('module.exports') ? `block-${index}.cjs` : `block-${index}.mjs`);
    writeFileSync(file, text);
    const { stderr, status } = spawnSync(process.execPath, ['--check', file], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}

for (const file of filesEndingIn('.mjs', join(root, 'examples'))) {
  test(`${file} is JavaScript`, () => {
    const { stderr, status } = spawnSync(process.execPath, ['--check', join(root, file)], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });
}

for (const { place, text } of blocksIn('sh')) {
  test(`the commands of ${place} are what a shell reads`, () => {
    const { stderr, status } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  });

  for (const [, line = ''] of text.matchAll(/^node \S*dist\/index\.js (.*)$/gm)) {
    test(`the flags of ${place} are known: ${line}`, () => {
      assert.deepEqual(readFlags(line.split(' ')).problems, []);
    });
  }
}
