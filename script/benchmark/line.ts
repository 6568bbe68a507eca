import { run } from '../../__tests__/rig/program.ts';

export interface Line {
  /** Milliseconds of a round trip. */
  readonly delay: number;
  /** Megabits a second in each direction; undefined for as many as there can be. */
  readonly megabits: number | undefined;
}

/** Reads `0,50,50@20`: round trips in milliseconds, and megabits a second. */
export function linesIn(text: string): readonly Line[] {
  return text.split(',').map((line) => {
    const [delay, megabits] = line.split('@').map(Number);
    return { delay: delay ?? 0, megabits };
  });
}

/**
 * Lets that much, and no more, through to a port of loopback and from it. Only in a network namespace of one's own: all
 * of its loopback gets new rules.
 */
export async function shape(port: number, { megabits }: Line): Promise<void> {
  const qdisc = async (...words: readonly string[]) => run('tc', ['qdisc', ...words]);
  await qdisc('del', 'dev', 'lo', 'root').catch(() => undefined);
  if (megabits === undefined) return;
  await run('ip', ['link', 'set', 'lo', 'mtu', '1500']); // Loopback's own packets are larger than a bucket.
  // Whatever no rule names is let through as it is.
  await qdisc('add', 'dev', 'lo', 'root', 'handle', '1:', 'htb');
  const rate = ['rate', `${megabits}mbit`, 'burst', '64kb'];
  for (const [band, field] of [
    ['2', 'dport'],
    ['3', 'sport'],
  ] as const) {
    const group = ['dev', 'lo', 'parent', '1:', 'classid', `1:${band}`, 'htb', ...rate, 'quantum', '1514'];
    await run('tc', ['class', 'add', ...group]);
    const bucket = ['tbf', ...rate, 'latency', '200ms'];
    await qdisc('add', 'dev', 'lo', 'parent', `1:${band}`, 'handle', `${band}0:`, ...bucket);
    const match = ['u32', 'match', 'ip', field, String(port), '0xffff', 'flowid', `1:${band}`];
    await run('tc', ['filter', 'add', 'dev', 'lo', 'parent', '1:', 'protocol', 'ip', 'prio', band, ...match]);
  }
}
