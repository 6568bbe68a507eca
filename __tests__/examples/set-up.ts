import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../rig/machine.ts';
import type { Network } from '../rig/network.ts';
import { createWorkspace, type Workspace } from '../rig/workspace.ts';
import { type JobRun, runWorkflow, type WorkflowOptions } from '../rig/workflow.ts';
import { blockUnder, copyExample, readExample } from './page.ts';

/** A repository whose workflows run against a network, with the secrets that the first deploy tells to set. */
export interface Repository extends AsyncDisposable {
  readonly workspace: Workspace;
  /** Runs a workflow, whatever comes of it. */
  run(workflow: string, options?: Partial<WorkflowOptions>): Promise<readonly JobRun[]>;
  /** Runs it and fails with its log unless all of it succeeds. */
  succeed(workflow: string, options?: Partial<WorkflowOptions>): Promise<readonly JobRun[]>;
  /** Runs it and fails unless Shipper itself ends so. */
  end(status: string, workflow: string, options?: Partial<WorkflowOptions>): Promise<JobRun>;
}

/** Puts an example over an application, as a user would who copies it into a repository. */
export async function createRepository(
  network: Network,
  example: string,
  { key, knownHosts }: Access,
  more: Readonly<Record<string, string>> = {},
): Promise<Repository> {
  const workspace = await createWorkspace();
  copyApplication(example, workspace.path);
  copyExample(example, workspace.path);
  const secrets = { DEPLOY_KEY: key, ...more };
  const vars = { DEPLOY_KNOWN_HOSTS: knownHosts };
  const run: Repository['run'] = async (workflow, options) =>
    runWorkflow(workflow, { network, workspace: workspace.path, secrets, vars, ...options });
  return {
    workspace,
    run,
    succeed: async (workflow, options) => {
      const jobs = await run(workflow, options);
      for (const { name, conclusion, log } of jobs) assert.equal(conclusion, 'success', `${name}:\n${log}`);
      return jobs;
    },
    end: async (status, workflow, options) => {
      const job = (await run(workflow, options)).at(-1);
      assert.ok(job);
      assert.equal(job.actions.at(-1)?.result?.status, status, job.log);
      return job;
    },
    [Symbol.asyncDispose]: async () => workspace[Symbol.asyncDispose](),
  };
}

/** Puts one of the applications of these tests into a workspace. */
export function copyApplication(name: string, workspace: string): void {
  cpSync(join(import.meta.dirname, 'apps', name), workspace, { recursive: true });
}

export const workflowOf = (example: string, name = 'deploy.yml'): string =>
  readExample(example, `.github/workflows/${name}`);

export interface Access {
  readonly key: string;
  /** As a line of `authorized_keys` has it, with its comment. */
  readonly publicKey: string;
  readonly knownHosts: string;
}

const step = (holding: string): string => blockUnder('README.md', 'First deploy', 'sh', holding);

/** Makes the user and the keys of the README's first deploy, by its own commands. */
export async function firstSteps(network: Network, server: Machine, base: string): Promise<Access> {
  const computer = async (script: string): Promise<string> => network.runner.sh(`set -e\n${script}`);
  await computer('rm -rf ~/.ssh');
  const publicKey = (await computer(step('ssh-keygen -t ed25519'))).split('\n').at(-1) ?? '';
  await letIn(server, base, publicKey);
  await computer(step('ssh-keyscan').replaceAll('app.example.com', server.name));
  const [key, knownHosts] = await Promise.all([computer('cat ~/.ssh/app_deploy'), computer('cat ~/.ssh/app_host')]);
  return { key, publicKey, knownHosts };
}

/** Makes the user of the first deploy on a server, and the directory that it deploys to. */
export async function letIn(server: Machine, base: string, publicKey: string): Promise<void> {
  const user = step('useradd').replace('ssh-ed25519 AAAA… deploy from GitHub Actions', publicKey);
  await server.sh(`set -e\n${user.replaceAll('/var/www/app', base)}`);
}
