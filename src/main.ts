import { hostname } from 'node:os';
import { openFace } from './action/face.ts';
import { version } from './action/help.ts';
import { loadConfig } from './config/load.ts';
import { Ending } from './ending.ts';
import { hostModules, isModuleHost } from './modules/entry.ts';

/** From the command line or the inputs to the end of the process, which `Ending` tells of. */
async function main(): Promise<void> {
  const { env } = process;
  const face = await openFace(process.argv.slice(2), env);
  const cancel = new AbortController();
  const ending = new Ending(face, cancel);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cancel.signal.aborted) process.exit(1);
      face.log.info(`${signal}: cancelling; once more to stop at once`);
      cancel.abort();
    });
  }
  try {
    const given = await face.readInputs();
    if (given !== undefined) {
      const { inputs } = given;
      face.log.info(`Shipper ${version}`);
      const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
      const { config, warnings, notices } = loadConfig({
        workspace,
        file: inputs.config,
        environment: env,
        overrides: { ...inputs, aliasOf: face.sshConfig?.aliasOf },
      });
      for (const warning of warnings) face.log.warning(warning);
      for (const notice of notices) face.log.notice(notice);
      // Only here: help, a wrong config and the process of the modules start without SSH.
      const { run } = await import('./run.ts');
      const runner = env['RUNNER_NAME'] ?? hostname();
      const tell = (message: string): void => face.log.notice(message);
      const secrets = face.sshConfig?.withIdentity(given.secrets, env['SSH_AUTH_SOCK'], tell) ?? given.secrets;
      const error = await run({
        face,
        inputs,
        secrets,
        config,
        env,
        workspace,
        now: new Date(),
        runner,
        signal: cancel.signal,
      });
      if (error !== undefined) ending.fail(error, true);
    }
    ending.succeed();
  } catch (error) {
    ending.fail(error);
  } finally {
    ending.leave();
  }
}

/** Called once, by `index.cjs` through `bundle.cjs`: runs the action, or serves one as the process of its modules. Never throws. */
export function start(): void {
  void (isModuleHost() ? hostModules() : main());
}
