import assert from 'node:assert/strict';
import type { Log } from '../../src/log.ts';
import type { Address } from '../../src/config/config.ts';
import { ShipperError, type ErrorCode } from '../../src/errors.ts';
import { connect, type ConnectOptions } from '../../src/ssh/connection.ts';
import type { Channel, Connection, Exit } from '../../src/ssh/connection-types.ts';
import type { Credentials } from '../../src/ssh/credentials.ts';
import { readHostKeys, type HostKeyInputs } from '../../src/ssh/host-key.ts';

/** A log that keeps what it is told. */
export function memoryLog(): Log & { readonly lines: readonly string[] } {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  return { lines, debug: keep, info: keep, notice: keep, warning: keep, error: keep, output: () => undefined };
}

interface Where {
  readonly host?: string;
  readonly port: number;
  readonly user?: string;
  readonly proxyJump?: readonly Address[];
  readonly proxyCommand?: string;
}

/** Connects to a server of the rig as `web1`, fast enough for a test. */
export async function connectTo(
  where: Where,
  credentials: Credentials,
  hostKeys: HostKeyInputs,
  options: Partial<ConnectOptions> = {},
): Promise<Connection & Disposable> {
  const { host = '127.0.0.1', port, user = 'deploy', proxyJump = [], proxyCommand } = where;
  const defaults = { log: memoryLog(), connectTimeout: 5, pause: 5 };
  const route = { name: 'web1', host, port, user, proxyJump, proxyCommand };
  const connection = await connect(route, credentials, readHostKeys(hostKeys), { ...defaults, ...options });
  return Object.assign(connection, { [Symbol.dispose]: () => connection.end() });
}

export interface Ran extends Exit {
  readonly stdout: string;
  readonly stderr: string;
}

/** Everything that a program says, and how it ended. */
export async function finish(channel: Channel): Promise<Ran> {
  let stdout = '';
  let stderr = '';
  channel.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  channel.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  await channel.closed;
  return { ...(await channel.exit), stdout, stderr };
}

export async function run(connection: Connection, command: string, input = ''): Promise<Ran> {
  const channel = await connection.exec(command);
  channel.stdin.end(input);
  return finish(channel);
}

/** The ShipperError that a promise rejects with. */
export async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<ShipperError> {
  const error: unknown = await promise.then(
    () => assert.fail('It succeeded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ShipperError, String(error));
  assert.equal(error.code, code, error.message);
  return error;
}
