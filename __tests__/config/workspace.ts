import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import type { Environment } from '../../src/config/environment.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Overrides } from '../../src/config/overrides.ts';
import { ShipperError } from '../../src/errors.ts';

export const workspace = mkdtempSync(join(tmpdir(), 'shipper-config-'));
after(() => rmSync(workspace, { recursive: true, force: true }));

export interface Given {
  readonly environment?: Environment;
  readonly overrides?: Overrides;
  readonly file?: string;
}

const reachable: Overrides = { host: 'example.com', user: 'deploy' };

/** Loads a config from its text or value; without `overrides`, the inputs name a host and a user. */
export function load(content: unknown, given: Given = {}): ReturnType<typeof loadConfig> {
  const { environment = {}, overrides = reachable, file = 'shipper.json' } = given;
  const path = join(workspace, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return loadConfig({ workspace, file, environment, overrides });
}

export function configOf(content: unknown, given?: Given): Config {
  return load(content, given).config;
}

/** The error that loading must end with. */
export function errorOf(content: unknown, given?: Given): ShipperError {
  try {
    load(content, given);
  } catch (error) {
    assert.ok(error instanceof ShipperError, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: `accepted: ${JSON.stringify(content)}` });
}

/** Every problem of a config, as `line:column message`; without a place, the message alone. */
export function problemsOf(content: unknown, given?: Given): readonly string[] {
  return errorOf(content, given).problems.map(({ at, message }) =>
    at === undefined ? message : `${at.line}:${at.column} ${message}`,
  );
}

/** A config with `▸` before the place at which it must be refused, and the sentence that must say so. */
export type Refusal = readonly [marked: string, sentence: string];

/** Tests that each config is refused by exactly the one problem, at exactly the marked place. */
export function testRefusals(refusals: readonly Refusal[]): void {
  for (const [marked, sentence] of refusals) {
    test(`a config is refused: ${JSON.stringify(marked).slice(0, 120)}`, () => {
      const before = marked.replace('\ufeff', '').split('▸')[0]?.split('\n') ?? [];
      const at = { file: 'shipper.json', line: before.length, column: (before.at(-1) ?? '').length + 1 };
      const error = errorOf(marked.replace('▸', ''));
      assert.equal(error.code, 'CONFIG');
      assert.deepEqual(error.problems, [{ message: sentence, at }]);
    });
  }
}
