import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from './program.ts';
import type { Server } from './server.ts';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** What runs on this machine for the server's user: sshd's session processes and what they started. */
export async function processesOf(server: Server): Promise<readonly Process[]> {
  const uid = (await run('id', ['-u', server.user])).trim();
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const status = readFileSync(`/proc/${name}/status`, 'utf8');
      const field = (key: string): string => new RegExp(`^${key}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
      if (field('Uid') !== uid || field('State') === 'Z') return [];
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      return [{ pid: Number(name), parent: Number(field('PPid')), command }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

const isSession = ({ command }: Process): boolean => command.startsWith('sshd');

/** sshd's own processes that serve the sessions of its user: the one without privileges, and the one that guards it. */
export async function sessionsOf(
  server: Server,
): Promise<readonly { readonly served: number; readonly guard: number }[]> {
  return (await processesOf(server)).filter(isSession).map(({ pid, parent }) => ({ served: pid, guard: parent }));
}

/** Resolves once no process of the user but sshd's own runs; says which ones do where that takes too long. */
export async function quiet(server: Server, seconds: number): Promise<void> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const left = (await processesOf(server)).filter((each) => !isSession(each));
    if (left.length === 0) return;
    if (performance.now() > until) throw new Error(`still there: ${left.map(({ command }) => command).join('; ')}`);
    await sleep(50);
  }
}
