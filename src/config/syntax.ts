import { type Token, tokenize } from '@humanwhocodes/momoa';

export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** Why and where a text is not JSON. The sentence quotes the text. */
export interface SyntaxFault {
  readonly spot: Spot;
  readonly sentence: string;
}

const tooEarly = 'the JSON ends too early: is a "}" or "]" missing?';

export const mode = { mode: 'jsonc', allowTrailingCommas: true } as const;

/** Says in a user's words what the parser stumbled over. */
export function explain(text: string, error: unknown): SyntaxFault {
  if (!isSyntaxError(error)) throw error;
  const spot = { line: error.line, column: error.column };
  if (!error.message.startsWith('Unexpected token')) return { spot, sentence: explainCharacter(text, error) };
  const rest = text.slice(error.offset);
  const found = /^(?:"(?:\\.|[^"\\])*"|[-+.\w]+|.)/s.exec(rest)?.[0] ?? '';
  const before = tokenize(text.slice(0, error.offset), mode).filter(({ type }) => !type.endsWith('Comment'));
  if (isBlank(rest.slice(found.length)) && isOpen([...before.map(({ type }) => type), found])) {
    return { spot, sentence: tooEarly };
  }
  const missing = endsValue(before.at(-1)) && !/^[\]}:,]/.test(found) ? ': is a comma missing before it?' : '';
  return { spot, sentence: `the JSON is broken at ${found.slice(0, 40)}${missing}` };
}

/** Whether a text holds nothing but white space and comments. Looks at each character once, whatever there is of them. */
export function isBlank(text: string): boolean {
  for (let at = 0; at < text.length;) {
    const ends = text.startsWith('/*', at) ? '*/' : text.startsWith('//', at) ? '\n' : undefined;
    if (ends === undefined && text.charAt(at).trim() !== '') return false;
    const end = ends === undefined ? at + 1 : text.indexOf(ends, at + 2) + ends.length;
    if (ends !== undefined && end < at + 2) return ends === '\n'; // No end: of a line, the text's own will do.
    at = end;
  }
  return true;
}

interface SyntaxError extends Spot {
  readonly offset: number;
  readonly message: string;
}

function isSyntaxError(error: unknown): error is SyntaxError {
  return error instanceof Error && 'line' in error && 'offset' in error;
}

function explainCharacter(text: string, { line, column, message }: SyntaxError): string {
  if (message.startsWith('Unexpected end')) return tooEarly;
  const rest = text.split(/\r\n|[\r\n]/)[line - 1]?.slice(column - 1) ?? '';
  const character = /^./u.exec(rest)?.[0] ?? '';
  if (character === "'") return 'the JSON is broken at a single quote: use double quotes';
  const word = /^\w+/.exec(rest)?.[0].slice(0, 40);
  if (word !== undefined) return `the JSON is broken at ${word}: names and texts stand in double quotes`;
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `the JSON is broken at ${/^[!-~]$/.test(character) ? character : `U+${code}`}`;
}

function isOpen(tokens: readonly string[]): boolean {
  const count = (...types: string[]): number => tokens.filter((token) => types.includes(token)).length;
  return count('LBrace', 'LBracket', '{', '[') > count('RBrace', 'RBracket', '}', ']');
}

function endsValue(token: Token | undefined): boolean {
  return token !== undefined && !['LBrace', 'LBracket', 'Comma', 'Colon'].includes(token.type);
}
