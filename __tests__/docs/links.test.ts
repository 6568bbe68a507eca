import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { anchors, filesEndingIn, page, pages, read, relativeLinks, root } from './markdown.ts';

for (const from of pages) {
  test(`the links of ${from.name} lead somewhere`, () => {
    const broken = relativeLinks(from).filter(({ path, anchor }) => {
      if (!existsSync(join(root, path))) return true;
      return anchor !== '' && !anchors(page(path)).includes(anchor);
    });
    assert.deepEqual(broken, []);
  });
}

test('every page of docs/ can be reached from the README', () => {
  const reached = new Set<string>();
  const visit = (name: string): void => {
    if (reached.has(name)) return;
    reached.add(name);
    for (const { path } of relativeLinks(page(name))) if (path.endsWith('.md')) visit(path);
  };
  visit('README.md');
  const unreached = pages.map(({ name }) => name).filter((name) => name.startsWith('docs/') && !reached.has(name));
  assert.deepEqual(unreached, []);
});

const published = [...pages.map(({ name }) => name), ...filesEndingIn('', join(root, 'examples'))];

for (const name of new Set(published)) {
  test(`${name} names no machine, registry or person's directory`, () => {
    const text = read(name);
    const own = [root, homedir(), hostname()].filter((each) => each.length > 5 && each !== 'localhost');
    for (const each of own) assert.ok(!text.includes(each), each);
    assert.doesNotMatch(text, /\/work\/|\/tmp\/|\/Users\/|\bregistry\.|npmjs\.|ghcr\.io|docker\.io|pypi\./);
  });
}
