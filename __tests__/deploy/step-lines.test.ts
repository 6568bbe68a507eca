import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StepTime } from '../../src/deploy/result.ts';
import { StepLines } from '../../src/deploy/step-lines.ts';
import { silentLog } from '../rig/silent-log.ts';

test('a fleet has one line for each step, by its slowest target, and each step once', () => {
  const lines: unknown[] = [];
  const told = new StepLines({ ...silentLog, step: (...line) => void lines.push(line) });
  const target = (name: string): { name: string; steps: StepTime[] } => ({ name, steps: [] });
  const [one, two] = [target('web1'), target('web2')];
  one.steps.push({ name: 'connect', milliseconds: 20 }, { name: 'create_revision', milliseconds: 0 });
  two.steps.push({ name: 'connect', milliseconds: 30 });
  told.tell([one, two]);
  assert.deepEqual(lines.splice(0), [
    ['connect', 30, 'slowest of 2: web2'],
    ['create_revision', 0, 'web1'],
  ]);
  two.steps.push({ name: 'create_revision', milliseconds: 5 });
  told.tell([one, two]);
  told.tell([one, two]);
  assert.deepEqual(lines, [['create_revision', 5, 'web2']]);
});
