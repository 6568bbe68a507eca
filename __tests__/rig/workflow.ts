import { parse } from 'yaml';
import { type ActionRun, runAction } from './action.ts';
import { type Conclusion, type Contexts, holds, interpolate } from './expression.ts';
import { createJob } from './job.ts';
import type { Network } from './network.ts';
import { isShipper } from './shipper-action.ts';

type Texts = Readonly<Record<string, string | number | boolean>>;

interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Texts;
  readonly env?: Texts;
}

interface Job {
  readonly outputs?: Texts;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly env?: Texts;
  readonly strategy?: {
    readonly matrix: Readonly<Record<string, readonly unknown[]>>;
    readonly 'fail-fast'?: boolean;
    readonly 'max-parallel'?: number;
  };
  readonly steps: readonly Step[];
}

export interface WorkflowOptions {
  readonly network: Network;
  /** What is checked out. */
  readonly workspace: string;
  readonly secrets?: Texts;
  readonly vars?: Texts;
  /** Of a start by hand. */
  readonly inputs?: Texts;
  /** The tag that was pushed. */
  readonly tag?: string;
  /** `github.run_id`. */
  readonly id?: string;
  /** Set by the machine that is the runner, such as certificates that it trusts. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface JobRun {
  /** With the values of its matrix: `activate (eu-*)`. */
  readonly name: string;
  readonly conclusion: Conclusion;
  /** What each run of Shipper came to. */
  readonly actions: readonly ActionRun[];
  /** All that was printed, step by step. */
  readonly log: string;
  /** What was written for the summary by steps that are commands. */
  readonly summary: string;
  readonly outputs: Readonly<Record<string, string>>;
}

interface Need {
  readonly result: Conclusion;
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs a workflow's jobs and steps, Shipper's by the bundle, commands by bash; checkout and setups are there already. */
export async function runWorkflow(text: string, options: WorkflowOptions): Promise<readonly JobRun[]> {
  const { jobs } = parse(text) as { readonly jobs: Readonly<Record<string, Job>> };
  const all: JobRun[] = [];
  const ended = new Map<string, Need>();
  for (const [name, job] of Object.entries(jobs)) {
    const needs = [job.needs ?? []].flat().map((need) => ended.get(need)?.result ?? 'skipped');
    const before = needs.includes('failure') ? 'failure' : needs.includes('skipped') ? 'skipped' : 'success';
    const contexts = { ...contextsOf(options), needs: Object.fromEntries(ended), matrix: {}, steps: {} };
    if (!holds(job.if, contexts, before)) {
      ended.set(name, { result: 'skipped', outputs: {} });
      continue;
    }
    const runs = await runMatrix(name, job, contexts, options);
    all.push(...runs);
    const isGood = runs.every(({ conclusion }) => conclusion === 'success');
    ended.set(name, { result: isGood ? 'success' : 'failure', outputs: runs.at(-1)?.outputs ?? {} });
  }
  return all;
}

function contextsOf({ secrets = {}, vars = {}, inputs = {}, tag = 'v1', id = '1' }: WorkflowOptions): Contexts {
  const github = {
    ref_name: tag,
    run_id: id,
    run_attempt: '1',
    server_url: 'https://github.com',
    repository: 'octo-org/site',
  };
  return { github, secrets, vars, inputs, runner: { os: 'Linux' }, env: {} };
}

async function runMatrix(
  name: string,
  job: Job,
  contexts: Contexts,
  options: WorkflowOptions,
): Promise<readonly JobRun[]> {
  const { matrix, 'max-parallel': most = 256, 'fail-fast': stops = true } = job.strategy ?? { matrix: {} };
  const cells = Object.entries(matrix).reduce<readonly Contexts[]>(
    (sofar, [key, values]) => sofar.flatMap((cell) => values.map((value) => ({ ...cell, [key]: value }))),
    [{}],
  );
  const runs: JobRun[] = [];
  for (let first = 0; first < cells.length; first += most) {
    if (stops && runs.some(({ conclusion }) => conclusion === 'failure')) break;
    const some = cells.slice(first, first + most).map(async (cell) => {
      const suffix = Object.values(cell).map(String).join(', ');
      return runJob(suffix === '' ? name : `${name} (${suffix})`, job, { ...contexts, matrix: cell }, options);
    });
    runs.push(...(await Promise.all(some)));
  }
  return runs;
}

async function runJob(name: string, job: Job, contexts: Contexts, options: WorkflowOptions): Promise<JobRun> {
  const steps: Record<string, unknown> = {};
  const actions: ActionRun[] = [];
  const texts = { log: '', summary: '' };
  let conclusion: Conclusion = 'success';
  for (const step of job.steps) {
    const now = { ...contexts, steps };
    if (!holds(step.if, now, conclusion)) continue;
    const env = { ...options.env, ...filled(job.env, now), ...filled(step.env, now) };
    const done = await runStep(step, now, env, options);
    if ('outputs' in done) actions.push(done);
    else texts.summary += done.summary;
    texts.log += `── ${step.name ?? step.uses ?? step.run ?? ''}\n${done.stdout}${done.stderr}`;
    if (step.id !== undefined) steps[step.id] = { outputs: 'outputs' in done ? done.outputs : {} };
    if (done.code !== 0) conclusion = 'failure';
  }
  return { name, conclusion, actions, ...texts, outputs: filled(job.outputs, { ...contexts, steps }) };
}

interface CommandRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly summary: string;
}

async function runStep(
  step: Step,
  contexts: Contexts,
  env: Readonly<Record<string, string>>,
  { network, workspace }: WorkflowOptions,
): Promise<ActionRun | CommandRun> {
  const path = { PATH: '/usr/local/bin:/usr/bin:/bin' };
  if (step.run !== undefined) {
    await using job = await createJob(workspace, {});
    const inputless = Object.entries(job.env).filter(([name]) => !name.startsWith('INPUT_'));
    const variables = { ...Object.fromEntries(inputless), ...path, ...env };
    const script = `exec bash -e -c "$SCRIPT"`;
    const text = interpolate(step.run, contexts);
    const ended = await network.runner.attempt(script, { cwd: workspace, env: { ...variables, SCRIPT: text } });
    return { ...ended, summary: await job.summary() };
  }
  if (isShipper(step.uses)) {
    return runAction({
      cwd: workspace,
      node: network.node,
      inputs: filled(step.with, contexts),
      env: { ...path, ...env },
    });
  }
  if (/^actions\/(?:checkout|setup-node)@/.test(step.uses ?? ''))
    return { code: 0, stdout: '', stderr: '', summary: '' };
  throw new Error(`The rig does not know ${String(step.uses)}`);
}

function filled(texts: Texts | undefined, contexts: Contexts): Readonly<Record<string, string>> {
  const pairs = Object.entries(texts ?? {}).map(([name, value]) => [name, interpolate(String(value), contexts)]);
  return Object.fromEntries(pairs) as Readonly<Record<string, string>>;
}
