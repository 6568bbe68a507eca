import type { ModuleListener } from '../config/config.ts';
import { runOnTargets } from './run-on-targets.ts';
import { namesOn, revisionOn, type Scene, waveOf } from './scene.ts';
import type { Stage } from './stage.ts';
import { uploadTo } from './upload-listener.ts';

/** Has a method of a module called, and serves what it asks of the targets meanwhile. */
export async function callModule(listener: ModuleListener, scene: Scene, stage: Stage): Promise<void> {
  const [first] = scene.places;
  const { event, error, outcome } = scene;
  const { revision, previous } = namesOn(scene, first);
  const state = {
    event,
    error,
    outcome,
    wave: waveOf(scene),
    targets: scene.places.map((place) => place.target),
    revision: revisionOn(first?.target, revision),
    previous: revisionOn(first?.target, previous),
  };
  await stage.modules?.call(listener, state, {
    run: async (command, options) => {
      stage.log.info(`$ ${command}`);
      return runOnTargets({ command, ...options }, listener, scene, stage);
    },
    upload: async (from, options) => uploadTo(scene, { from, ...options }, stage),
  });
}
