import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { AuthContext, Connection as ServerConnection } from 'ssh2';
import { Doors } from '../../src/ssh/doors.ts';
import { JumpHosts } from '../../src/ssh/jump-hosts.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { startSshd } from '../rig/sshd.ts';
import { connectTo, failure, memoryLog } from './story.ts';

const credentials = { password: 'secret' };
/** How many come at once. */
const many = 20;

interface Desk {
  /** The most that were logging in at once. */
  readonly most: () => number;
  readonly connected: (connection: ServerConnection) => void;
  readonly authenticate: (context: AuthContext) => void;
}

/** Counts who has not yet logged in, and turns away whoever comes beyond that number, as MaxStartups does. */
function desk(room: number): Desk {
  let [inside, most] = [0, 0];
  return {
    most: () => most,
    connected: (connection) => {
      inside += 1;
      most = Math.max(most, inside);
      let isWaiting = true;
      const leave = (): void => {
        if (isWaiting) inside -= 1;
        isWaiting = false;
      };
      connection.once('ready', leave).once('close', leave);
      if (inside > room) connection.end();
    },
    authenticate: (context) => {
      if (context.method === 'password') setTimeout(() => context.accept(), 5);
      else context.reject(['password']);
    },
  };
}

test('of a fleet that comes to one server, eight at once log in, and each that is turned away comes again', async () => {
  for (const room of [100, 3]) {
    const counted = desk(room);
    await using server = await startSshServer(counted);
    const doors = new Doors();
    const all = await Promise.all(
      Array.from({ length: many }, async () => connectTo(server, credentials, server, { doors, pause: 100 })),
    );
    assert.ok(counted.most() <= 8, `room for ${String(room)}: ${String(counted.most())} at once`);
    for (const connection of all) connection.end();
  }
});

test('a server that lets nobody in is given up after three attempts each, and those who wait get their turn', async () => {
  const counted = desk(0);
  await using server = await startSshServer(counted);
  const doors = new Doors();
  const tries = Array.from({ length: 12 }, async () =>
    failure(connectTo(server, credentials, server, { doors, pause: 2 }), 'CONNECT'),
  );
  await Promise.all(tries);
  assert.equal(server.connections.length, 36);
});

test('who waits for its turn when the run is cancelled does not connect', async () => {
  const cancel = new AbortController();
  await using server = await startSshServer({ authenticate: () => cancel.abort() });
  const options = { doors: new Doors(), signal: cancel.signal };
  const tries = Array.from({ length: many }, async () =>
    failure(connectTo(server, credentials, server, options), 'CANCELLED'),
  );
  await Promise.all(tries);
  assert.ok(server.connections.length <= 8);
});

const bastion = await startSshd({ config: ['MaxStartups 10:100:10'] });
after(async () => bastion[Symbol.asyncDispose]());

test('behind a real sshd that drops whoever is one too many, by a jump host and by a command, all get in', async () => {
  const key = readPrivateKey(bastion.keyText);
  const { host, port, user } = bastion;
  const jump = { proxyJump: [{ host, port, user }] };
  for (const way of [jump, { proxyCommand: 'exec busybox nc %h %p' }]) {
    const options = { doors: new Doors(), jumpHosts: new JumpHosts(), connectTimeout: 60, pause: 50, log: memoryLog() };
    const to = async () => connectTo({ ...bastion, ...way }, { key }, { knownHosts: bastion.knownHosts }, options);
    const all = await Promise.all(Array.from({ length: many }, to));
    for (const connection of all) connection.end();
    assert.equal(all.length, many);
  }
});
