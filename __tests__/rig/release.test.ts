import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type Clone, cloneOfThis } from './clone.ts';
import { run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';
import { watch } from './watched.ts';

const directory = await temporaryDirectory('release');
const bin = join(directory.path, 'bin');
const asked = join(directory.path, 'gh-asked');
await program('gh', `printf '%s\\n' "$@" >'${asked}'; exit "\${GH_STATUS:-0}"`);
after(async () => directory[Symbol.asyncDispose]());

async function program(name: string, script: string, place = bin): Promise<void> {
  await mkdir(place, { recursive: true });
  await writeFile(join(place, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(place, name), 0o755);
}

/** A clone with that version, ready to be released, and the bare repository that it is pushed to. */
async function readyFor(version: string): Promise<Clone & { readonly origin: string }> {
  const clone = await cloneOfThis();
  const origin = `${clone.path}.git`;
  await run('git', ['init', '-q', '--bare', origin]);
  await clone.git('remote', 'add', 'origin', origin);
  await program('build', 'echo "build $*"', join(clone.path, 'script')); // The true one is proven in each script/test.
  await edit(clone, 'CHANGELOG.md', (text) =>
    text.replace(/^## [^]*/m, `## Unreleased\n\n## ${version}\n\n- What is new.\n`),
  );
  await setVersion(clone, version);
  await clone.git('commit', '-qam', version);
  await clone.git('push', '-q', 'origin', 'main');
  return { ...clone, origin };
}

async function edit({ path }: Clone, file: string, change: (text: string) => string): Promise<void> {
  await writeFile(join(path, file), change(await readFile(join(path, file), 'utf8')));
}

async function setVersion(clone: Clone, version: string): Promise<void> {
  for (const file of ['package.json', 'package-lock.json'])
    await edit(clone, file, (text) => text.replace(/^ {2}"version": ".*"/m, `  "version": "${version}"`));
}

interface Said {
  readonly code: number | null;
  readonly text: string;
}

async function script(clone: Clone, name: string, args: readonly string[], env = {}): Promise<Said> {
  const { PATH = '', HOME } = process.env;
  const child = spawn(join(clone.path, 'script', name), args, {
    ...{ cwd: '/', timeout: 240_000, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { PATH: `${bin}${delimiter}${PATH}`, HOME, ...env },
  });
  const watched = watch(child);
  const { code } = await watched.ended;
  return { code, text: watched.lines.join('\n') };
}

/** The tags of the bare repository, each with whether it leads to what is checked out now. */
async function tagsAt(clone: Clone & { readonly origin: string }): Promise<readonly string[]> {
  const head = await clone.git('rev-parse', 'HEAD');
  const lines = await run('git', [
    '-C',
    clone.origin,
    'for-each-ref',
    '--format=%(refname:short) %(objectname)',
    'refs/tags',
  ]);
  return lines
    .split('\n')
    .filter((line) => line.endsWith(` ${head}`))
    .map((line) => line.split(' ')[0] ?? '');
}

async function release(clone: Clone, tag: string): Promise<void> {
  await clone.git('tag', tag);
  await clone.git('push', '-q', 'origin', tag);
  for (const part of ['prepare', 'publish']) {
    const { code, text } = await script(clone, 'release', [part]);
    assert.equal(code, 0, text);
  }
}

async function next(clone: Clone, version: string): Promise<void> {
  await setVersion(clone, version);
  await edit(clone, 'CHANGELOG.md', (text) => text.replace(/^## \d.*/m, `## ${version}`));
  await clone.git('commit', '-qam', version);
}

describe('a release', { concurrency: 2 }, () => {
  test('is made of its tag; the moving tags follow, but never back from a newer one', async () => {
    await using clone = await readyFor('1.2.3');
    await release(clone, 'v1.2.3');
    assert.deepEqual(await tagsAt(clone), ['v1', 'v1.2', 'v1.2.3']);
    const words = readFileSync(asked, 'utf8').split('\n');
    assert.deepEqual(words.slice(0, 4), ['release', 'create', 'v1.2.3', '--verify-tag']);
    const assets = words.filter((word) => word.includes('/assets/')).map((word) => word.split('/').at(-1));
    assert.deepEqual(assets, [
      'SHA256SUMS',
      'action.yml',
      'index.js',
      'licenses.txt',
      'shipper.cdx.json',
      'shipper.js',
    ]);
    const sbom = JSON.parse(await readFile(join(clone.path, '.cache/release/assets/shipper.cdx.json'), 'utf8')) as {
      readonly components: readonly { readonly name: string }[];
    };
    assert.ok(sbom.components.some(({ name }) => name === 'ssh2'));
    assert.ok(!sbom.components.some(({ name }) => name === 'eslint'));
    assert.equal(await readFile(join(clone.path, '.cache/release/notes.md'), 'utf8'), '- What is new.\n');

    await next(clone, '1.1.9');
    await release(clone, 'v1.1.9');
    assert.deepEqual(await tagsAt(clone), ['v1.1', 'v1.1.9']);
  });

  test('a dry run says what would be published, needs no tag, and changes nothing', async () => {
    await using clone = await readyFor('2.0.0');
    const { code, text } = await script(clone, 'release', ['--dry-run']);
    assert.equal(code, 0, text);
    assert.match(text, /Would be published as v2\.0\.0[^]*shipper\.js\n[^]*moved to it: v2\.0 v2\n[^]*What is new/);
    assert.deepEqual(await tagsAt(clone), []);
    assert.equal(await clone.git('status', '--porcelain'), '');
  });

  test('what is not ready is not published', async () => {
    await using clone = await readyFor('1.0.0');
    const refused = async (why: RegExp): Promise<void> => {
      const { code, text } = await script(clone, 'release', ['publish']);
      assert.deepEqual([code, why.test(text)], [1, true], text);
    };
    await refused(/the tag v1\.0\.0 is not on this commit/);
    await edit(clone, 'CHANGELOG.md', (text) => text.replace('## Unreleased\n', '## Unreleased\n\n- More.\n'));
    await refused(/lines under Unreleased/);
    await edit(clone, 'CHANGELOG.md', (text) => text.replace('- More.\n', '').replace('## 1.0.0', '## 0.9.0'));
    await refused(/no section ## 1\.0\.0/);
    await clone.git('checkout', '-q', '.');
    await edit(clone, 'README.md', (text) => `${text}\n`);
    await refused(/not committed/);
    await clone.git('checkout', '-q', '.');
    await edit(clone, 'package.json', (text) => text.replace('"1.0.0"', '"1.0.1"'));
    await refused(/package-lock\.json has another version/);
    await clone.git('checkout', '-q', '.');
    await clone.git('tag', 'v1.0.0');
    await refused(/nothing to publish/);
    assert.equal((await script(clone, 'release', ['prepare'])).code, 0);
    const { code } = await script(clone, 'release', ['publish'], { GH_STATUS: '1' });
    assert.equal(code, 1);
    assert.deepEqual(await tagsAt(clone), []); // What is not out is led to by no tag.
  });

  test('the repository has its name in one place', async () => {
    await using clone = await readyFor('1.0.0');
    for (const wrong of ['', 'nobody', 'a/b/c', 'a/b c'])
      assert.equal((await script(clone, 'set-repository', [wrong])).code, 2);
    const { code, text } = await script(clone, 'set-repository', [['ships-and-co', 'deploy.er'].join('/')]);
    assert.equal(code, 0, text);
    const left = await clone
      .git('grep', '-lE', '(^|[^A-Za-z0-9_-])org\\\\?/shipper', '--', ':!dist', ':!script/demo.bundle.cjs')
      .catch(() => '');
    assert.equal(left, '');
    assert.match(await readFile(join(clone.path, 'README.md'), 'utf8'), /uses: ships-and-co\/deploy\.er@v1/);
    assert.equal(existsSync(join(clone.path, 'README.md.before')), false);
    await clone.git('commit', '-qam', 'moved');
    assert.equal((await script(clone, 'set-repository', ['org/shipper'])).code, 0); // And back, so that nothing is lost.
    assert.equal(await clone.git('diff', '--stat', 'HEAD~1'), '');
  });
});
