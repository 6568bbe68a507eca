import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { generateKey } from './keys.ts';
import { findProgram, run } from './program.ts';
import { temporaryDirectory } from './temporary.ts';

export interface Agent extends AsyncDisposable {
  /** Where it listens. */
  readonly path: string;
  /** Gives it a key: that of a file, or a new one. */
  add(file?: string): Promise<void>;
}

/** OpenSSH's ssh-agent, without keys. */
export async function startAgent(): Promise<Agent> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory('agent'));
  const path = join(directory.path, 'socket');
  const agent = spawn(await findProgram('ssh-agent', 'openssh-client'), ['-D', '-a', path]);
  stack.defer(() => void agent.kill());
  await once(agent.stdout, 'data');
  const sshAdd = await findProgram('ssh-add', 'openssh-client');
  const script = 'export SSH_AUTH_SOCK="$1"; exec "$2" -q "$3"';
  let keys = 0;
  const held = stack.move();
  return {
    path,
    add: async (file) => {
      const given = file ?? (await generateKey(join(directory.path, `key${(keys += 1)}`))).file;
      await run('sh', ['-c', script, 'sh', path, sshAdd, given]);
    },
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}
