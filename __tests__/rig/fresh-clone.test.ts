import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { cloneOfThis } from './clone.ts';
import { share } from './share.ts';
import { watch } from './watched.ts';

const clone = await cloneOfThis();

interface Trial {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly says: RegExp;
}

/** The shortest run of each script that a page names. */
const trials: Readonly<Record<string, Trial>> = {
  node: { args: ['--version'], says: /^v2\d/ },
  test: { args: ['deploy/step-lines'], says: /tests +ok/ },
  demo: { args: [], says: /A visitor sees: Version 1, healthy/ },
  bench: { args: ['deploy'], env: { DELAYS: '0', ROUNDS: '1', PEERS: '' }, says: /Shipper/ },
  soak: { args: [], env: { MINUTES: '0.05', SHELLS: 'dash' }, says: /broken/ },
  'soak-fleet': { args: [], env: { MINUTES: '0.01' }, says: /no promise was broken/ },
};

/** Run by `script/test` itself from a clean copy, tried in a test of its own, or, where it boots machines or runs tests for long, by hand. */
const elsewhere = ['attack', 'build', 'fuzz', 'power-cut', 'release', 'set-repository', 'test-examples', 'test-large'];

describe('from a fresh clone', () => {
  after(async () => clone[Symbol.asyncDispose]());

  test('each script that a page names is tried here', () => {
    const { files, path } = clone;
    const pages = files.filter((file) => file.endsWith('.md'));
    const text = pages.map((file) => readFileSync(join(path, file), 'utf8')).join('\n');
    const named = new Set(
      [...text.matchAll(/\bscript\/(?<name>[a-z-]+)(?![\w./-]*[\w/])/g)].map(({ groups }) => groups?.['name'] ?? ''),
    );
    assert.deepEqual(
      [...named].filter((name) => !files.includes(`script/${name}`)),
      [],
      'are no scripts',
    );
    assert.deepEqual(
      [...named].filter((name) => !(name in trials) && !elsewhere.includes(name)),
      [],
      'are not tried',
    );
  });

  for (const [name, { args, env, says }] of share('scripts', Object.entries(trials), 2, { nameOf: ([name]) => name })) {
    test(`script/${[name, ...args].join(' ')}`, async () => {
      // What a network asks for stays (certificates, a proxy); what the test's own runner says to its children does not.
      const own = Object.entries(process.env).filter(
        ([variable]) => !/^(?:NODE_(?!EXTRA_CA_CERTS)|SHIPPER_)/.test(variable),
      );
      const child = spawn(join(clone.path, 'script', name), args, {
        cwd: '/',
        env: { ...Object.fromEntries(own), ...env },
        timeout: 300_000,
      });
      const watched = watch(child);
      child.stdin.end();
      const { code } = await watched.ended;
      assert.equal(code, 0, watched.lines.join('\n'));
      assert.match(watched.stdout(), says);
    });
  }
});
