import { data, Evaluator, Lexer, Parser } from '@actions/expressions';

/** How a step or a job before this one ended, as `success()` and its like ask. */
export type Conclusion = 'success' | 'failure' | 'skipped';

/** The contexts of an expression by their names: `github`, `inputs`, `steps` and so on. */
export type Contexts = Readonly<Record<string, unknown>>;

const always = new Set(['always', 'success', 'failure', 'cancelled']);

/** Puts the values of `${{ … }}` into a text, as the runner does. */
export function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression: string) =>
    evaluate(expression, contexts, 'success').coerceString(),
  );
}

/** Whether an `if:` holds; without a function that looks at the status, only after success. */
export function holds(condition: string | undefined, contexts: Contexts, before: Conclusion): boolean {
  const text = (condition ?? '').replace(/^\s*\$\{\{(.*)\}\}\s*$/s, '$1').trim();
  const looks = [...text.matchAll(/([a-z]+)\s*\(/gi)].some(([, name = '']) => always.has(name.toLowerCase()));
  if (text === '') return before === 'success';
  return (looks || before === 'success') && truth(evaluate(text, contexts, before));
}

function truth(value: data.ExpressionData): boolean {
  return !['', '0', 'false'].includes(value.coerceString());
}

function evaluate(expression: string, contexts: Contexts, before: Conclusion): data.ExpressionData {
  const status: Readonly<Record<string, boolean>> = {
    always: true,
    success: before === 'success',
    failure: before === 'failure',
    cancelled: false,
  };
  const functions = Object.entries(status).map(([name, value]) => ({
    ...{ name, minArgs: 0, maxArgs: 0 },
    call: () => new data.BooleanData(value),
  }));
  const { tokens } = new Lexer(expression.trim()).lex();
  const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
  const values = JSON.parse(JSON.stringify(contexts), data.reviver) as data.Dictionary;
  return new Evaluator(parsed, values, new Map(functions.map((one) => [one.name, one]))).evaluate();
}
