import assert from 'node:assert/strict';
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { run } from '../rig/program.ts';
import { isLarge } from '../rig/share.ts';
import { temporaryDirectory } from '../rig/temporary.ts';

/** Of a process with TypeScript's 100 MB and two uploads one after the other, where a deploy has the bundle and one. */
const mostMegabytes = 300;

/** Of processor time at a stretch, which other work on this machine does not lengthen much. */
const mostMilliseconds = 1000;
const directories = isLarge ? 1000 : 100;

test(`${directories * 200} files take the runner less than 300 MB, and hold up nothing else for long`, async () => {
  await using workspace = await temporaryDirectory('memory');
  for (let directory = 0; directory < directories; directory += 1) {
    const path = join(workspace.path, 'site', `package-${directory % 20}`, `directory-${directory}`);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'name-of-file-0.js'), `content ${directory}\n`.repeat(directory % 3));
    for (let file = 1; file < 200; file += 1)
      linkSync(join(path, 'name-of-file-0.js'), join(path, `name-of-file-${file}.js`));
  }
  const child = await run(process.execPath, [join(import.meta.dirname, 'many-files.ts'), workspace.path]);
  const { files, megabytes, milliseconds } = JSON.parse(child) as Record<string, number>;
  assert.equal(files, directories * 200);
  assert.ok((megabytes ?? NaN) < mostMegabytes, `${megabytes} MB`);
  assert.ok((milliseconds ?? NaN) < mostMilliseconds, `it held up the event loop for ${milliseconds} ms`);
});
