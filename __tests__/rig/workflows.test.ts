import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { wrongWith } from './workflow-parser.ts';

interface Job {
  readonly 'runs-on'?: string;
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix?: { readonly os?: readonly string[] } };
  readonly steps?: readonly {
    readonly run?: string;
    readonly uses?: string;
    readonly with?: Record<string, unknown>;
  }[];
}

interface Workflow {
  readonly on: unknown;
  readonly permissions?: unknown;
  readonly concurrency?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const github = join(import.meta.dirname, '..', '..', '.github');
const names = (await readdir(join(github, 'workflows'))).filter((name) => name.endsWith('.yml'));

/** All that any job is granted beyond reading the repository; more needs a line here, and a comment beside it there. */
const grants: Readonly<Record<string, readonly string[]>> = {
  'codeql.yml analyze': ['security-events'],
  'dist.yml commit': ['contents'],
  'release.yml publish': ['attestations', 'contents', 'id-token'],
  'scorecard.yml score': ['id-token', 'security-events'],
};

/** Labels that mean one system, until GitHub takes it away. */
const runners = ['macos-15', 'ubuntu-24.04', 'ubuntu-24.04-arm', 'ubuntu-26.04', 'windows-2025'];

for (const name of names) {
  const text = await readFile(join(github, 'workflows', name), 'utf8');
  const workflow = parse(text) as Workflow;
  const jobs = Object.entries(workflow.jobs);

  test(`${name} is a workflow for GitHub's own language service`, () => {
    assert.deepEqual(wrongWith(name, text), []);
  });

  test(`${name} grants nothing as a whole, and each job no more than it needs`, () => {
    assert.deepEqual(workflow.permissions, {});
    for (const [id, { permissions = {} }] of jobs) {
      const written = Object.entries(permissions).filter(([, right]) => right !== 'read');
      assert.deepEqual(written.map(([scope]) => scope).sort(), grants[`${name} ${id}`] ?? [], id);
    }
  });

  test(`${name} names systems, ends, and runs one at a time for each branch`, () => {
    assert.notEqual(workflow.concurrency, undefined);
    for (const [id, job] of jobs) {
      const systems = job['runs-on'] === '${{ matrix.os }}' ? (job.strategy?.matrix?.os ?? []) : [job['runs-on'] ?? ''];
      assert.deepEqual(
        systems.filter((system) => !runners.includes(system)),
        [],
        id,
      );
      assert.ok((job['timeout-minutes'] ?? 360) <= 40, id);
    }
  });

  test(`${name} runs no code of others beside rights or secrets, and puts no text of others into a script`, () => {
    assert.doesNotMatch(JSON.stringify(workflow.on), /pull_request_target|workflow_run|issue_comment/);
    assert.doesNotMatch(text, /secrets: *inherit/);
    for (const step of jobs.flatMap(([, { steps = [] }]) => steps)) {
      assert.doesNotMatch(step.run ?? '', /\$\{\{/, 'values go to scripts by env');
      if ((step.uses ?? '').startsWith('actions/checkout@')) assert.equal(step.with?.['persist-credentials'], false);
    }
  });

  test(`${name} names each action of others by its commit, and its version beside it`, () => {
    for (const [, action = ''] of text.matchAll(/uses: *(.*)/g)) {
      assert.match(action, /^\.\/|^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });
}

test('the language service is asked: it finds what is wrong', () => {
  const found = wrongWith(
    'wrong.yml',
    'on: push\npermissions:\n  nothing: read\njobs:\n  a:\n    runs-on: x\n    steps:\n      - usez: a/b@c\n',
  );
  assert.ok(found.length >= 2);
});

test('Dependabot waits before it takes what is new, for packages and for actions', async () => {
  const { updates } = parse(await readFile(join(github, 'dependabot.yml'), 'utf8')) as {
    readonly updates: readonly {
      readonly 'package-ecosystem': string;
      readonly cooldown?: { readonly 'default-days'?: number };
    }[];
  };
  assert.deepEqual(updates.map((each) => each['package-ecosystem']).sort(), ['github-actions', 'npm']);
  for (const { cooldown } of updates) assert.ok((cooldown?.['default-days'] ?? 0) >= 7);
});

test('the forms for issues are read: each has a name, a description and labelled fields', async () => {
  for (const name of ['fault.yml', 'wish.yml']) {
    const form = parse(await readFile(join(github, 'ISSUE_TEMPLATE', name), 'utf8')) as {
      readonly name?: string;
      readonly description?: string;
      readonly body?: readonly { readonly id?: string; readonly attributes?: { readonly label?: string } }[];
    };
    assert.ok(form.name !== undefined && form.description !== undefined);
    for (const { id, attributes } of form.body ?? []) assert.ok(id !== undefined && attributes?.label !== undefined);
  }
});
