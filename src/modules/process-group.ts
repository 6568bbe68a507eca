import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Whether a child has to be started `detached` to lead a group; on Windows that would open a console instead. */
export const leadsGroup = process.platform !== 'win32';

/** Sends a signal to a leader's whole process group, or ends its process tree on Windows; false once that is gone. */
export function signalGroup(leader: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  if (!leadsGroup) {
    const task = ['/PID', String(leader), '/T', '/F'];
    return signal !== 0 && spawnSync('taskkill', task, { stdio: 'ignore', windowsHide: true }).status === 0;
  }
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    // EPERM: what is left of the group has changed its user.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/** Asks a group to end, and kills what is left of it after the grace, in milliseconds. */
export async function endGroup(leader: number, grace: number): Promise<void> {
  const until = performance.now() + grace;
  signalGroup(leader, 'SIGTERM');
  while (signalGroup(leader, 0) && performance.now() < until) await sleep(20);
  signalGroup(leader, 'SIGKILL');
}
