import manifest from '../../package.json' with { type: 'json' };
import { type InputName, definitionOf, inputNames } from './input-table.ts';

export const version = manifest.version;

/** What `--help` prints: a flag for every input, aligned. */
export function help(): string {
  const rows = [...inputNames.map(row), ['--help', 'Print this'] as const, ['--version', 'Print the version'] as const];
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return [
    'Atomic deployments over SSH.',
    '',
    'node dist/index.js --command rollback --config shipper.json --key ~/.ssh/id_ed25519',
    '',
    ...rows.map(([flag, meaning]) => `  ${flag.padEnd(width)}  ${meaning}`),
    '',
  ].join('\n');
}

function row(name: InputName): readonly [string, string] {
  const { description, terminal, default: value, flag } = definitionOf(name);
  const meaning = terminal ?? description;
  if (flag === 'asks') return [`--${name}`, meaning];
  if (flag === 'switch') return [value === 'true' ? `--no-${name}` : `--${name}`, meaning];
  return [`--${name} VALUE`, value === undefined ? meaning : `${meaning} (default ${value})`];
}
