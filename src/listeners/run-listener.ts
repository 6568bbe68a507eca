import type { RunListener } from '../config/config.ts';
import { nameListener } from '../config/name-listener.ts';
import { matchesTarget } from '../config/pattern.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import { runOnRunner } from './run-on-runner.ts';
import { runOnTargets } from './run-on-targets.ts';
import { commandVariables, type Scene } from './scene.ts';
import type { Stage } from './stage.ts';

/** Runs a command of the config, on the runner or on the targets that it is for. */
export async function callRun(listener: RunListener, scene: Scene, stage: Stage): Promise<void> {
  const { on, run } = listener;
  if (on === 'runner') return onRunner(listener, scene, stage);
  if (on !== undefined && !scene.places.some(({ target }) => matchesTarget(on, target))) {
    stage.log.info(`(for ${on}, of which there is none here) ${run}`);
    return;
  }
  return onTargets(listener, scene, stage);
}

async function onRunner(listener: RunListener, scene: Scene, stage: Stage): Promise<void> {
  const { workspace, env, log } = stage;
  log.info(`$ ${listener.run}`);
  const hosts = scene.places.map(({ target }) => target.name).join(',');
  const variables = { ...commandVariables(scene, scene.places[0]), SHIPPER_HOSTS: hosts };
  await runOnRunner({ listener, workspace, env, variables, log, signal: scene.signal });
}

async function onTargets(listener: RunListener, scene: Scene, stage: Stage): Promise<void> {
  const { run: command, on, once, timeout, allowFailure } = listener;
  const env = Object.fromEntries(listener.env.map((name) => [name, stage.env[name] ?? '']));
  stage.log.info(`$ ${command}`);
  try {
    const run = { command, on, once, cwd: undefined, env, timeout, allowFailure };
    await runOnTargets(run, listener, scene, stage);
  } catch (cause) {
    const { code, message, target } = asShipperError(cause);
    // Of a command that failed, the message goes on with the target: `on web1: exit status 1`.
    const what = `${nameListener(listener)} failed${code === 'LISTENER' ? '' : ':'} ${message}`;
    throw new ShipperError(code, what, { target, at: listener.at, step: scene.event, cause });
  }
}
