/** A target that answers anything, without a process for each. */
import { PassThrough } from 'node:stream';
import { readTargetFact } from '../../src/deploy/facts.ts';
import { Session } from '../../src/remote/session.ts';
import type { Channel, Connection } from '../../src/ssh/connection-types.ts';
import { silentLog } from '../../__tests__/rig/silent-log.ts';

/** A channel whose server says this in two pieces, and then is gone. */
function saying(text: string): Channel {
  const [stdin, stdout, stderr] = [new PassThrough().resume(), new PassThrough(), new PassThrough()];
  const middle = Math.floor(text.length / 2);
  stdout.write(text.slice(0, middle), 'latin1');
  stderr.end('said on the way out\n');
  setImmediate(() => stdout.end(text.slice(middle), 'latin1'));
  const closed = Promise.all([ended(stdout), ended(stderr)]).then(() => undefined);
  const exit = closed.then(() => ({ code: text.length % 2, signal: undefined }));
  return { stdin, stdout, stderr, exit, closed, freed: closed, kill: () => undefined };
}

async function ended(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => stream.once('close', resolve));
}

/** A run's session with a target that answers so. */
export async function answering(text: string): Promise<unknown> {
  const connection: Connection = {
    ...{ address: { host: 'localhost', port: 22, user: 'me' }, identification: 'SSH-2.0-x', keyExchange: 'none' },
    ...{ keyFingerprint: undefined, answerSeconds: 5, ready: Promise.resolve(), lost: new Promise(() => undefined) },
    ...{ end: () => undefined, exec: async () => Promise.resolve(saying(text)) },
  };
  const session = new Session({
    ...{ connection, name: 'target', setup: { words: ['run'], hidden: [] }, log: silentLog, answerTimeout: 5 },
    onFact: (fact) => void readTargetFact(fact),
  });
  try {
    return await session.perform(['create_revision'], { last: true });
  } finally {
    session.close();
  }
}
