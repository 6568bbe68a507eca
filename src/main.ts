import { hostname } from 'node:os';
import { openFace } from './action/face.ts';
import { hostModules, isModuleHost } from './modules/entry.ts';
import { run } from './run.ts';

/** The one place where an error ends: told once, exit status 1. */
async function main(): Promise<void> {
  const { env } = process;
  const face = await openFace(process.argv.slice(2), env);
  const cancel = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (cancel.signal.aborted) process.exit(1);
      face.log.info(`${signal}: cancelling; once more to stop at once`);
      cancel.abort();
    });
  }
  try {
    const inputs = await face.readInputs();
    if (inputs !== undefined) {
      const workspace = env['GITHUB_WORKSPACE'] ?? process.cwd();
      await run({
        face,
        inputs,
        env,
        workspace,
        now: new Date(),
        runner: env['RUNNER_NAME'] ?? hostname(),
        signal: cancel.signal,
      });
    }
  } catch (error) {
    process.exitCode = 1;
    face.log.fail(error);
  } finally {
    face.log.close();
    endSoon();
  }
}

/** The process ends by itself; should anything hold it, it is ended once its output has been read. */
function endSoon(): void {
  setTimeout(() => (process.stdout.writableLength > 0 ? endSoon() : process.exit()), 2_000).unref();
}

void (isModuleHost() ? hostModules() : main());
