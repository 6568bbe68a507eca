import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runAction } from '../../__tests__/rig/action.ts';
import type { Relay } from '../../__tests__/rig/relay.ts';
import type { Server } from '../../__tests__/rig/server.ts';
import { createWorkspace } from '../../__tests__/rig/workspace.ts';
import type { Material } from './material.ts';

export interface FleetDeploy {
  readonly server: Server;
  readonly relay: Relay;
  readonly material: Material;
  /** `first` begins anew. */
  readonly state: 'first' | 'changed' | 'same';
}

/** Deploys to ten targets at once, all of them directories of one server. */
export async function measureFleet({ server, relay, material, state }: FleetDeploy): Promise<void> {
  const base = `${server.root}/fleet`;
  const places = Array.from({ length: 10 }, (_, index) => `${base}/web${index + 1}`);
  if (state === 'first') {
    rmSync(base, { recursive: true, force: true });
    await server.sh(`mkdir -p ${places.join(' ')}; chown -R ${server.user} ${base}`);
  }
  const { host, user } = server;
  const targets = places.map((place, index) => ({
    ...{ name: `web${index + 1}`, host, port: relay.port, user, base_dir: place },
  }));
  await using workspace = await createWorkspace({
    events: { 'after:create_revision': [{ upload: 'tree' }] },
    config: { targets, revisions_to_keep: 1, sync: false },
  });
  const tree = join(workspace.path, 'tree');
  const inputs = { key: server.keyText, 'known-hosts': server.knownHostsAt(relay.port), revision: state };
  const entry = process.env['SHIPPER_BUNDLE'];
  renameSync(material[state], tree);
  try {
    const { code, lines } = await runAction({ cwd: workspace.path, inputs, ...(entry === undefined ? {} : { entry }) });
    if (code !== 0) throw new Error(lines.join('\n'));
  } finally {
    renameSync(tree, material[state]);
  }
}
