import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readKeyValueFile } from './runner-log.ts';
import { temporaryDirectory } from './temporary.ts';

export type Values = Readonly<Record<string, string | undefined>>;

/** The environment of one step of a job, and the files that the step writes to. */
export interface Job extends AsyncDisposable {
  readonly env: Values;
  outputs(): Promise<Readonly<Record<string, string>>>;
  summary(): Promise<string>;
}

const repository = join(import.meta.dirname, '..', '..');
const files = { GITHUB_OUTPUT: 'output', GITHUB_STEP_SUMMARY: 'summary', GITHUB_STATE: 'state', GITHUB_ENV: 'env' };

/** What the runner would hand to the action, and nothing else of this process but PATH and HOME. */
export async function createJob(workspace: string, inputs: Values): Promise<Job> {
  const directory = await temporaryDirectory('job');
  const path = (name: string): string => join(directory.path, name);
  for (const name of Object.values(files)) await writeFile(path(name), '');
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...Object.fromEntries(Object.entries(files).map(([variable, name]) => [variable, path(name)])),
    RUNNER_TEMP: directory.path,
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    GITHUB_ACTOR: 'octocat',
    GITHUB_REPOSITORY: 'octo-org/site',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1234567890',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: '0123456789abcdef0123456789abcdef01234567',
    ...(await inputVariables(inputs)),
  };
  return {
    env,
    outputs: async () => readKeyValueFile(await readFile(path('output'), 'utf8')),
    summary: async () => readFile(path('summary'), 'utf8'),
    [Symbol.asyncDispose]: async () => directory[Symbol.asyncDispose](),
  };
}

const defaults = readFile(join(repository, 'action.yml'), 'utf8').then((text) => {
  const { inputs } = parse(text) as {
    readonly inputs: Readonly<Record<string, { readonly default?: string } | null>>;
  };
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input?.default ?? '']));
});

/** `INPUT_…` for every input of action.yml, with its default or empty where the step has none, as the runner sets them. */
async function inputVariables(inputs: Values): Promise<Values> {
  const given = Object.entries(inputs).filter(([, value]) => value !== undefined);
  const all = Object.entries({ ...(await defaults), ...Object.fromEntries(given) } as Values);
  return Object.fromEntries(all.map(([name, value]) => [`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`, value]));
}
