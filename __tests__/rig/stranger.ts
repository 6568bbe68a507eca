import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { atExit } from './at-exit.ts';
import { findProgram } from './program.ts';

/** User and group of somebody who has an account on the target, and no part in what is deployed. */
export const stranger = { uid: 23_001, gid: 23_001 } as const;

export interface Swapping extends AsyncDisposable {
  /** Ends it, and tells how often each pair was swapped. */
  end(): Promise<number>;
}

const swap = String.raw`
  my ($number, $nap, @paths) = @ARGV;
  my ($count, $parent) = (0, getppid());
  $SIG{TERM} = sub { print "$count\n"; exit };
  $| = 1;
  while (getppid() == $parent) {
    for (0 .. ($nap ? 1 : 0)) {
      for (my $i = 0; $i < @paths; $i += 2) { syscall($number + 0, -100, $paths[$i], -100, $paths[$i + 1], 2) }
    }
    print "begun\n" if $count++ == 0;
    select undef, undef, undef, $nap if $nap;
  }`;

/**
 * As a stranger, exchanges the two paths of each pair in a tight loop, by renameat2: neither is ever missing.
 * @param nap seconds between two turns; then both are back in their places.
 */
export async function swapAsStranger(pairs: readonly (readonly [string, string])[], nap = 0): Promise<Swapping> {
  const number = process.arch === 'arm64' ? '276' : '316';
  const perl = await findProgram('perl', 'perl-base');
  const child = spawn(perl, ['-e', swap, number, String(nap), ...pairs.flat()], {
    ...stranger,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const forget = atExit(() => child.kill('SIGKILL'));
  let said = '';
  const begun = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      resolve();
    });
  });
  const ended = once(child, 'close');
  await Promise.race([begun, ended]);
  if (said === '') throw new Error('The stranger could not swap anything');
  const end = async (): Promise<number> => {
    child.kill('SIGTERM');
    await ended;
    forget();
    return Number(said.trim().split('\n').at(-1));
  };
  return {
    end,
    [Symbol.asyncDispose]: async () => {
      await end();
    },
  };
}
