import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines, type Measured } from '../../script/benchmark/deploy-table.ts';
import { peers } from '../../script/benchmark/peers.ts';
import { page } from './markdown.ts';

const { text } = page('README.md');
const table =
  /<!-- script\/bench deploy: begin -->\n\n(.*?)\n\n<!-- script\/bench deploy: end -->/s.exec(text)?.[1] ?? '';
const [head = '', , ...rows] = table.split('\n').filter((line) => line.startsWith('|'));
const cellsOf = (row: string): readonly string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

test('the figures of the README are as script/bench deploy writes them, with their date', () => {
  const found = rows.map(cellsOf).map(([name = '', trips, connections, programs]) => {
    const measured = { trips: Number(trips), connections: Number(connections), programs: Number(programs) };
    return [name, { ...measured, seconds: new Map() }] as [string, Measured];
  });
  const [, date = '', machine = '', missing = ''] =
    /^Measured on (\d{4}-\d\d-\d\d), (.*?)\.(?: Left out, .*?: (.*)\.)?$/m.exec(table) ?? [];
  const delays = cellsOf(head).slice(4);
  const left = missing === '' ? [] : missing.split(', ');
  const again = lines(new Map(found), { delays: [], missing: left, date: new Date(date), machine });
  assert.deepEqual(delays, []);
  assert.equal(again.join('\n'), table);
});

test('every tool has its row there, or is named as left out; Shipper has 3 round trips on one connection', () => {
  for (const { name } of peers) assert.ok(table.includes(name), name);
  const [, shipper] = rows.map(cellsOf);
  assert.deepEqual(shipper?.slice(1, 3), ['3', '1']);
  assert.ok(rows.map(cellsOf).every((cells) => cells.slice(1).every((cell) => /^\d+$/.test(cell))));
});
