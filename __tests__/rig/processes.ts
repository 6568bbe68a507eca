import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface Running {
  readonly pid: number;
  readonly parent: number;
  /** `SSH_CONNECTION`, where it has one: addresses and ports, the server's last. */
  readonly connection: string;
}

/**
 * Kills a server and everything that its sessions started, and resolves when it is all gone. A program that left its
 * session (setsid, nohup) is known by the server's port in the `SSH_CONNECTION` that every server hands to it.
 */
export async function killServer(pid: number | undefined, port: number): Promise<void> {
  for (let attempt = 0; killOnce(pid, port) > 0 && attempt < 200; attempt += 1) {
    await sleep(10);
  }
}

/** Whether a process of this machine is still at work; one that has ended and waits to be collected is not. */
export function isRunning(pid: number): boolean {
  return running().some((one) => one.pid === pid);
}

/** One sweep, synchronous so that it also serves when the process exits; returns how many it found alive. */
export function killOnce(pid: number | undefined, port: number): number {
  const found = ofServer(pid, port);
  for (const { pid: id } of found) {
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      continue;
    }
  }
  return found.length;
}

function ofServer(pid: number | undefined, port: number): readonly Running[] {
  const all = running();
  const family = new Set(pid === undefined ? [] : [pid]);
  for (let size = -1; size !== family.size;) {
    size = family.size;
    all.filter(({ parent }) => family.has(parent)).forEach((child) => family.add(child.pid));
  }
  const end = ` ${String(port)}`;
  return all.filter((one) => one.pid !== process.pid && (family.has(one.pid) || one.connection.endsWith(end)));
}

function running(): readonly Running[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const [state, parent] = afterName(readFileSync(`/proc/${name}/stat`, 'utf8'));
      return state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), connection: connectionOf(name) }];
    } catch {
      return []; // It ended while we looked.
    }
  });
}

/** The fields of `/proc/N/stat` after the program's name, which may itself hold spaces and parentheses. */
function afterName(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function connectionOf(pid: string): string {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return environment.find((entry) => entry.startsWith('SSH_CONNECTION=')) ?? '';
  } catch {
    return ''; // Another user's.
  }
}
