import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { loadConfig } from '../../src/config/load.ts';
import { locateModules } from '../../src/modules/runner/locate.ts';
import { filesEndingIn, page, pages, read, root } from './markdown.ts';

const schemaAddress = 'https://raw.githubusercontent.com/org/shipper/v1/schema/shipper.schema.json';
const workspace = mkdtempSync(join(tmpdir(), 'shipper-docs-'));
after(() => rmSync(workspace, { recursive: true, force: true }));

/** Loads a config as the action would; where it names no host, the inputs do. */
function load(directory: string, text: string): ReturnType<typeof loadConfig> {
  const namesHost = /"host"\s*:\s*"[^"]/.test(text);
  return loadConfig({
    workspace: directory,
    file: 'shipper.json',
    environment: {},
    overrides: { user: 'deploy', ...(namesHost ? {} : { host: 'app.example.com' }) },
  });
}

for (const { name, blocks } of pages) {
  for (const { line, text } of blocks.filter(({ language }) => language.startsWith('json'))) {
    test(`the config in ${name}, line ${line}, is one`, () => {
      writeFileSync(join(workspace, 'shipper.json'), text);
      const { config, warnings } = load(workspace, text);
      assert.ok(config.targets.length > 0);
      if (!text.includes('"on": "web*')) assert.deepEqual(warnings, []);
    });
  }
}

for (const name of filesEndingIn('shipper.json', join(root, 'examples'))) {
  test(`${name} is a config whose modules are there`, () => {
    const directory = realpathSync(join(root, dirname(name)));
    const text = read(name);
    const { config, warnings } = load(directory, text);
    assert.deepEqual(warnings, []);
    const modules = config.listeners.filter((listener) => listener.kind === 'module');
    assert.deepEqual(locateModules(modules, directory).problems, []);
    assert.ok(text.includes(`"$schema": "${schemaAddress}"`), 'names the schema');
  });
}

test('the README shows the config of the contract, and names the schema', () => {
  const blocks = page('README.md').blocks.filter(({ language }) => language === 'json');
  assert.ok(blocks.length >= 2);
  for (const { text } of blocks) assert.ok(text.includes(schemaAddress));
});
