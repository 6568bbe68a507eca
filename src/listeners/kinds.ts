import type { Listener, ModuleListener, RunListener, UploadListener } from '../config/config.ts';
import { callModule } from './module-listener.ts';
import { callRun } from './run-listener.ts';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';
import { callUpload } from './upload-listener.ts';

interface Kinds {
  readonly module: ModuleListener;
  readonly run: RunListener;
  readonly upload: UploadListener;
}

/** How a listener of each kind is called. Each rejects with a failure that names the listener. */
const calls: { readonly [Kind in keyof Kinds]: (listener: Kinds[Kind], scene: Scene, stage: Stage) => Promise<void> } =
  {
    module: callModule,
    run: callRun,
    upload: callUpload,
  };

type OfKind<Kind extends Listener['kind']> = { [Each in Kind]: Kinds[Each] & { readonly kind: Each } }[Kind];

/** Calls a listener, whatever its kind. */
export async function callListener<Kind extends Listener['kind']>(
  listener: OfKind<Kind>,
  scene: Scene,
  stage: Stage,
): Promise<void> {
  const call: (typeof calls)[Kind] = calls[listener.kind];
  return call(listener, scene, stage);
}
