/** Opens and reads a file in a tight loop until told to stop, then prints how often, and what failed, as JSON. */
import { readFileSync } from 'node:fs';

const [path = ''] = process.argv.slice(2);
const failures: string[] = [];
let reads = 0;
let stopped = false;
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
