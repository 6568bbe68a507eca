import type { UploadListener } from '../config/config.ts';
import { uploadEvents } from '../config/events.ts';
import { nameListener } from '../config/name-listener.ts';
import { asShipperError, ShipperError } from '../errors.ts';
import type { Local } from '../upload/local.ts';
import { upload } from '../upload/upload.ts';
import type { Scene } from './scene.ts';
import type { Stage } from './stage.ts';

export interface WhatToUpload {
  /** Path in the workspace. */
  readonly from: string;
  /** Path in the revision. */
  readonly to: string;
  readonly exclude: readonly string[];
  /** What was read of it ahead. */
  readonly local?: Promise<Local> | undefined;
}

/** Puts what the listener names into the new revision on every target. */
export async function callUpload(listener: UploadListener, scene: Scene, stage: Stage): Promise<void> {
  const { upload: from, to, exclude } = listener;
  try {
    await uploadTo(scene, { from, to, exclude, local: stage.ahead.get(listener) }, stage);
  } catch (error) {
    const { code, message, target } = asShipperError(error);
    const facts = { target, at: listener.at, step: scene.event, cause: error };
    throw new ShipperError(code, `${nameListener(listener)} failed: ${message}`, facts);
  }
}

/** Uploads to the targets of the scene. Rejects with UPLOAD where they have no new revision to upload to. */
export async function uploadTo(scene: Scene, what: WhatToUpload, stage: Stage): Promise<void> {
  const { places, event, revision, signal } = scene;
  const { workspace, log } = stage;
  const { umask } = stage.config;
  if (revision === undefined || !uploadEvents.includes(event)) {
    throw new ShipperError('UPLOAD', `There is no new revision to upload to in ${event}.`, { step: event });
  }
  await upload({ destinations: places, ...what, workspace, revision, umask, log, signal });
}
