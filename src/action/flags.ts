import { parseArgs } from 'node:util';
import { commands } from '../config/events.ts';
import { didYouMean } from '../config/nearest.ts';
import type { Problem } from '../errors.ts';
import { type InputName, definitionOf, inputNames, isInputName } from './input-table.ts';

export interface Flags {
  readonly wants: 'help' | 'version' | 'run';
  /** Inputs as they stand in the command line, by name. */
  readonly given: Map<string, string>;
  /** Those whose value is to be asked for. */
  readonly asked: readonly InputName[];
  readonly problems: Problem[];
}

const flagNames = inputNames.map((name) => `--${name}`);
const truth = /^(?:true|false)$/i;

/** Takes a command line apart. No message repeats an argument that could be a secret. */
export function readFlags(argv: readonly string[]): Flags {
  const asks = inputNames.filter((name) => definitionOf(name).flag === 'asks');
  const options = inputNames.map((name) => [name, { type: asks.includes(name) ? 'boolean' : 'string' }] as const);
  const { tokens } = parseArgs({
    args: spellOut(argv),
    options: { ...Object.fromEntries(options), help: { type: 'boolean' }, version: { type: 'boolean' } },
    strict: false,
    tokens: true,
  });
  const given = new Map<string, string>();
  const asked: InputName[] = [];
  const problems = tokens.flatMap((token, index) => {
    const message = token.kind === 'option' ? take(token, given, asked) : stray(token, tokens[index - 1]);
    return message === undefined ? [] : [{ message }];
  });
  const names = tokens.map((token) => (token.kind === 'option' ? token.name : ''));
  const wants = names.includes('help') ? 'help' : names.includes('version') ? 'version' : 'run';
  return { wants, given, asked, problems };
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number];
type Option = Extract<Token, { kind: 'option' }>;

/** Writes `--listeners`, `--listeners false` and `--no-listeners` as `--listeners=…`, which parseArgs cannot mistake. */
function spellOut(argv: readonly string[]): string[] {
  const isSwitch = (argument: string | undefined): boolean => {
    const name = argument?.startsWith('--') === true ? argument.slice(2) : '';
    return isInputName(name) && definitionOf(name).flag === 'switch';
  };
  return argv.flatMap((argument, index) => {
    if (argument === '-h') return '--help';
    const next = argv[index + 1] ?? '';
    if (isSwitch(argument)) return `${argument}=${truth.test(next) ? next : 'true'}`;
    if (isSwitch(argument.replace(/^--no-/, '--'))) return `${argument.replace(/^--no-/, '--')}=false`;
    return truth.test(argument) && isSwitch(argv[index - 1]) ? [] : argument;
  });
}

/** Notes the flag, or says what is wrong with it. */
function take(flag: Option, given: Map<string, string>, asked: InputName[]): string | undefined {
  const { name, value } = flag;
  if (name === 'help' || name === 'version') return undefined;
  if (!isInputName(name)) {
    return `There is no flag ${flag.rawName}${didYouMean(name, flagNames)}`;
  }
  if (given.has(name) || asked.includes(name)) {
    return `--${name} is given twice.${name === 'host' ? ' Separate targets with commas.' : ''}`;
  }
  if (definitionOf(name).flag === 'asks') {
    asked.push(name);
    return value === undefined ? undefined : `--${name} takes no value, which others could read: it asks.`;
  }
  if (value === undefined || (!flag.inlineValue && value.startsWith('-'))) return `--${name} needs a value.`;
  if (value.trim() !== '') given.set(name, value.trim());
  return undefined;
}

/** Says what is wrong with an argument that is no flag's value. */
function stray(token: Token, before: Token | undefined): string | undefined {
  if (token.kind !== 'positional') return undefined;
  if (before?.kind === 'option' && !isInputName(before.name)) return undefined; // Told already, of the flag.
  return commands.some((command) => command === token.value)
    ? `"${token.value}" belongs to no flag: did you mean "--command ${token.value}"?`
    : 'One argument belongs to no flag; --help lists them, --password and --passphrase take none.';
}
