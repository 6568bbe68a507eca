import type { TestEvent } from 'node:test/reporters';

/** A reporter of test files alone: seconds and path, the longest first. `script/test` starts them in that order. */
export default async function* durations(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const files: [number, string][] = [];
  for await (const { type, data } of source) {
    if (type === 'test:summary' && data.file !== undefined) files.push([data.duration_ms / 1000, data.file]);
  }
  files.sort(([one], [other]) => other - one);
  yield files.map(([seconds, file]) => `${seconds.toFixed(1)} ${file}\n`).join('');
}
