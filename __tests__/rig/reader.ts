/**
 * Opens and reads a file in a tight loop until told to stop, then tells how often, and what failed. It gives way to the
 * switches, of which there are then more in the same time, and is interrupted at every point of its loop.
 */
import { readFileSync } from 'node:fs';
import { setPriority } from 'node:os';

const [path = ''] = process.argv.slice(2);
const failures: string[] = [];
let reads = 0;
let stopped = false;
setPriority(10);
process.once('message', () => (stopped = true));
process.send?.('reading');

function read(): void {
  for (let round = 0; round < 500; round += 1) {
    reads += 1;
    try {
      if (readFileSync(path, 'utf8') !== 'whole\n') failures.push('torn');
    } catch (error) {
      failures.push(String(error));
    }
  }
  if (!stopped) setImmediate(read);
  else process.send?.({ reads, failures: failures.slice(0, 5) }, () => process.disconnect());
}
read();
