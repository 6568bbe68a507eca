import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { ShipperError } from '../errors.ts';

/**
 * Asks for secrets, one after the other, without echo; from anything but a terminal it reads one line for each.
 * Resolves with the answers in the same order. Ctrl-C or Ctrl-D is a CANCELLED error; too few lines an INPUT error.
 */
export async function askSecrets(
  names: readonly string[],
  input: NodeJS.ReadStream,
  output: NodeJS.WritableStream,
): Promise<readonly string[]> {
  if (names.length === 0) return [];
  const terminal = input.isTTY;
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const reader = createInterface({ input, output: silence, terminal, historySize: 0 });
  const lines = reader[Symbol.asyncIterator]();
  try {
    const answers: string[] = [];
    for (const name of names) {
      if (terminal) output.write(`${name}: `);
      const line = await lines.next();
      if (terminal) output.write('\n');
      if (line.done === true) throw unanswered(name, terminal);
      if (line.value === '') throw new ShipperError('INPUT', `The ${name} is empty.`);
      answers.push(line.value);
    }
    return answers;
  } finally {
    reader.close();
    input.unref(); // What is on the other end of a pipe may never close it.
  }
}

function unanswered(name: string, terminal: boolean): ShipperError {
  return terminal
    ? new ShipperError('CANCELLED', `No ${name} was given; nothing was contacted.`)
    : new ShipperError('INPUT', `There is no ${name} on the standard input: it takes one line.`);
}
