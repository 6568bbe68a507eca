import { spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Channel, Connection, Exit } from '../../src/ssh/connection-types.ts';
import { deferred } from '../../src/deferred.ts';
import { findProgram } from './program.ts';

/** The shells that the target's script is held to, by how a target gets them as its `sh`. */
export const shells = ['dash', 'bash', 'busybox'] as const;
export type Shell = (typeof shells)[number];

/** A PATH on which `sh` is that shell, and with BusyBox every tool its own. */
export async function pathFor(shell: Shell, directory: string): Promise<string> {
  const program = await findProgram(shell, shell);
  const bin = join(directory, `bin-${shell}`);
  mkdirSync(bin, { recursive: true });
  const names = shell === 'busybox' ? busyboxTools : ['sh'];
  for (const name of names) symlinkSync(program, join(bin, name));
  return shell === 'busybox' ? bin : `${bin}:${process.env['PATH'] ?? ''}`;
}

const busyboxTools = (
  'sh awk base64 cat chmod cp cut date dd df find grep gzip id kill ln ls mkdir mktemp mv od printf ps pwd readlink rm ' +
  'rmdir sed setsid sha256sum sleep sort stat sync tar touch tr true uname wc xargs tail head test env'
).split(' ');

/** A connection to this machine without SSH: what the login shell of a server would do, from the exec request on. */
export function localConnection(path: string, home: string): Connection & { readonly pids: number[] } {
  const pids: number[] = [];
  const lost = deferred<Error | undefined>();
  return {
    address: { host: 'localhost', port: 22, user: 'me' },
    identification: 'SSH-2.0-OpenSSH_local',
    keyFingerprint: 'SHA256:test',
    keyExchange: 'none',
    answerSeconds: 60,
    pids,
    ready: Promise.resolve(),
    lost: lost.promise,
    end: () => lost.resolve(undefined),
    exec: async (command, input) => {
      const child = spawn('/bin/sh', ['-c', command], {
        detached: true,
        env: { PATH: path, HOME: home, LANG: 'C.UTF-8' },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      pids.push(child.pid ?? 0);
      const exit = deferred<Exit>();
      const closed = deferred();
      // Not on `exit`: where this process is busy, that comes long before the output is read.
      child.on('close', (code, signal) => {
        exit.resolve({ code: code ?? undefined, signal: signal ?? undefined });
        closed.resolve();
      });
      child.stdin.on('error', () => undefined);
      if (input !== undefined) child.stdin.write(input);
      const channel: Channel = {
        ...child,
        exit: exit.promise,
        closed: closed.promise,
        freed: closed.promise,
        kill: () => void child.kill('SIGKILL'),
        stdin: child.stdin,
        stdout: child.stdout,
        stderr: child.stderr,
      };
      return Promise.resolve(channel);
    },
  };
}
