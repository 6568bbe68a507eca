/** An annotation, as the runner would show it beside a run. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What the runner makes of a log. */
export interface RunnerLog {
  readonly annotations: readonly Annotation[];
  /** Values to be masked. */
  readonly masks: readonly string[];
  /** Lines that are shown, with `::group::` and `::debug::` among them, without the commands that the runner swallows. */
  readonly shown: readonly string[];
}

const command = /^::(?<name>[\w-]+)(?: (?<properties>[^:]*(?::(?!:)[^:]*)*))?::(?<data>.*)$/;

/** Reads workflow commands from the lines of a log, in the way the runner does: between a stop and its token, none. */
export function readRunnerLog(lines: readonly string[]): RunnerLog {
  const annotations: Annotation[] = [];
  const masks: string[] = [];
  const shown: string[] = [];
  let resumeAt: string | undefined;
  for (const line of lines) {
    const { name, properties = '', data = '' } = command.exec(line.trimStart())?.groups ?? {};
    if (resumeAt !== undefined) {
      if (line.trim() === `::${resumeAt}::`) resumeAt = undefined;
      else shown.push(line);
    } else if (name === 'stop-commands') resumeAt = unescape(data);
    else if (name === 'add-mask') masks.push(unescape(data));
    else if (name === 'error' || name === 'warning' || name === 'notice') {
      // Every line of a message but its first is set in: that is for readers of the log.
      const message = unescape(data).replace(/\n {4}/g, '\n');
      annotations.push({ level: name, message, ...placeFrom(properties) });
    } else shown.push(line);
  }
  return { annotations, masks, shown };
}

function placeFrom(properties: string): Omit<Annotation, 'level' | 'message'> {
  const given = new Map(
    properties.split(',').map((pair): [string, string] => {
      const [key = '', ...value] = pair.trim().split('=');
      return [key, unescape(value.join('=')).replaceAll('%3A', ':').replaceAll('%2C', ',')];
    }),
  );
  const title = given.get('title');
  const file = given.get('file');
  const line = given.get('line');
  const column = given.get('col');
  return {
    ...(title === undefined ? {} : { title }),
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(column === undefined ? {} : { column: Number(column) }),
  };
}

function unescape(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}

/** Reads a file of the form of GITHUB_OUTPUT: `name=value` lines, and `name<<delimiter` with a value of many lines. */
export function readKeyValueFile(text: string): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  const lines = text.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const { name, mark, value = '' } = /^(?<name>[^=<]+)(?<mark><<|=)(?<value>.*)$/.exec(lines[at] ?? '')?.groups ?? {};
    if (name === undefined) {
      if (lines[at] !== '') throw new Error(`The runner would refuse this line of an output file: ${lines[at] ?? ''}`);
    } else if (mark === '=') values[name] = value;
    else {
      const end = lines.indexOf(value, at + 1);
      if (end === -1) throw new Error(`The runner would miss the end of the output ${name}`);
      values[name] = lines.slice(at + 1, end).join('\n');
      at = end;
    }
  }
  return values;
}
