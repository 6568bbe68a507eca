import { randomBytes } from 'node:crypto';
import type { Face } from './action/face.ts';
import type { Inputs, Secrets } from './action/inputs.ts';
import type { Config } from './config/config.ts';
import { Chronicle } from './deploy/chronicle.ts';
import { annotated } from './deploy/headline.ts';
import { outputsOf } from './deploy/outputs.ts';
import { planText } from './deploy/plan-text.ts';
import { describe, mostNamed } from './deploy/report.ts';
import type { Result } from './deploy/result.ts';
import { newRevisionName } from './deploy/revision-name.ts';
import { ship } from './deploy/ship.ts';
import { summaryOf } from './deploy/summary.ts';
import { ShipperError } from './errors.ts';
import { Listeners } from './listeners/listeners.ts';
import { connect } from './ssh/connection.ts';
import { Doors } from './ssh/doors.ts';
import { JumpHosts } from './ssh/jump-hosts.ts';
import type { Log } from './log.ts';
import { describeCertificate } from './ssh/certificate.ts';
import type { Credentials } from './ssh/credentials.ts';
import { readHostKeys } from './ssh/host-key.ts';
import { certificateOf, readCredentials } from './ssh/read-credentials.ts';

export interface RunRequest {
  readonly face: Face;
  readonly inputs: Inputs;
  /** What opens the servers; they go no further than the credentials. */
  readonly secrets: Secrets;
  readonly config: Config;
  /** The runner's variables, without inputs. */
  readonly env: NodeJS.ProcessEnv;
  /** Absolute path. */
  readonly workspace: string;
  readonly now: Date;
  /** Name of this machine. */
  readonly runner: string;
  readonly signal: AbortSignal;
}

/**
 * From inputs and config to the outputs. Resolves with why the run failed, after everything was put back and the summary
 * was written; rejects with what was wrong before anything was contacted.
 */
export async function run(request: RunRequest): Promise<ShipperError | undefined> {
  const { face, inputs, secrets, config, env, workspace, now, runner, signal } = request;
  const log = new Chronicle(face.log);
  const agent = env['SSH_AUTH_SOCK'] ?? (process.platform === 'win32' ? String.raw`\\.\pipe\openssh-ssh-agent` : '');
  const credentials = readCredentials(secrets, { agent, now, log, mask: (texts) => face.mask(texts) });
  tellPrincipals(credentials, config, log);
  const hostKeys = readHostKeys({ ...inputs, lenient: face.form === 'terminal' });
  if (hostKeys.fingerprints.length > 0 && config.targets.length > 1) {
    throw new ShipperError(
      'INPUT',
      `the input fingerprint belongs to one server, but this run has ${config.targets.length} targets: use known-hosts`,
    );
  }
  const { setOutput, addSummary } = face;
  const listeners = await Listeners.load({
    command: inputs.command,
    config,
    workspace,
    env,
    log,
    setOutput,
    addSummary,
    signal,
  });
  if (!inputs.dryRun) listeners.readAhead();
  const { connectTimeout, concurrency, lockTimeout, command, dryRun } = inputs;

  const shared = { jumpHosts: new JumpHosts(), doors: new Doors() };
  const revision = revisionFor(inputs, config, now, env['GITHUB_SHA']);
  log.info([dryRun ? `dry run of ${command}` : command, revision, 'on', namesOf(config)].filter(Boolean).join(' '));
  const { result, error } = await ship({
    facts: {
      command,
      config,
      revision,
      epoch: Math.floor(now.getTime() / 1000),
      audit: {
        actor: env['GITHUB_ACTOR'] ?? env['USER'] ?? '-',
        commit: env['GITHUB_SHA'] ?? '-',
        runUrl: runUrl(env),
        runner,
      },
      lockTimeout,
    },
    dryRun,
    id: `${now.getTime().toString(36)}-${randomBytes(4).toString('hex')}`,
    concurrency,
    connect: async (target, early) =>
      connect(target, credentials, hostKeys, { log, connectTimeout, signal, early, ...shared }),
    listeners,
    workspace,
    log,
    signal,
    onResult: (known) => face.setOutputs(outputsOf(known)),
  });
  for (const line of describe(result, now)) log.info(line);
  if (result.plan !== undefined) keepPlan(result, face);
  const { spans, warnings, worth } = log;
  const commitPages = commitPagesOf(env);
  face.addSummary(summaryOf(result, error, { spans, warnings, worth, seconds: log.now / 1000, now, commitPages }));
  return error === undefined ? undefined : annotated(error, result);
}

/** A server may let other users in as well (AuthorizedPrincipalsFile), so this is said and no error. */
function tellPrincipals(credentials: Credentials, { targets }: Config, log: Log): void {
  const certificate = certificateOf(credentials);
  if (certificate === undefined) return;
  const users = new Set(targets.flatMap(({ user, proxyJump }) => [user, ...proxyJump.map((hop) => hop.user)]));
  const others = [...users].filter((user) => !certificate.principals.includes(user));
  const facts = `the certificate is ${describeCertificate(certificate)}`;
  if (others.length === 0) log.debug(facts);
  else log.info(`${facts}; ${others.join(', ')} can log in by it only where AuthorizedPrincipalsFile says so`);
}

/** A log names the first of many files: a file of the runner has all of the plan. */
function keepPlan(result: Result, face: Face): void {
  const whole = planText(result, Infinity).join('\n');
  const path = face.keepPlan(`${whole}\n`, whole !== planText(result, mostNamed).join('\n'));
  if (path !== undefined) face.log.info(`the whole plan is in ${path}`);
}

/** The targets for a line of the log: all of a few, of many the first. */
function namesOf({ targets }: Config): string {
  const names = targets.slice(0, 5).map(({ name }) => name);
  const more = targets.length - names.length;
  return `${names.join(', ')}${more === 0 ? '' : ` and ${more} more`}`;
}

/** The name of a new revision, or of the one to go to; empty where the target chooses. */
function revisionFor(inputs: Inputs, config: Config, now: Date, commit: string | undefined): string {
  if (inputs.command === 'deploy' || inputs.command === 'prepare')
    return config.revision ?? newRevisionName(now, commit);
  return inputs.revision ?? '';
}

function runUrl(env: NodeJS.ProcessEnv): string {
  const [repository, id] = [repositoryPage(env), env['GITHUB_RUN_ID']];
  return repository === undefined || id === undefined ? '-' : `${repository}/actions/runs/${id}`;
}

function commitPagesOf(env: NodeJS.ProcessEnv): string | undefined {
  const repository = repositoryPage(env);
  return repository === undefined ? undefined : `${repository}/commit`;
}

function repositoryPage({
  GITHUB_SERVER_URL: server,
  GITHUB_REPOSITORY: repository,
}: NodeJS.ProcessEnv): string | undefined {
  return server === undefined || repository === undefined ? undefined : `${server}/${repository}`;
}
