import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, page, root } from '../docs/markdown.ts';

/** The blocks below a heading of a page, up to the next heading of that rank or a higher one. */
export function blocksUnder(name: string, heading: string): readonly Block[] {
  const { text, blocks } = page(name);
  const lines = text.split('\n');
  const fenced = fencedLines(blocks);
  const start = lines.findIndex((line) => line.replace(/^#+ +/, '') === heading && line.startsWith('#'));
  assert.ok(start >= 0, `${name} has no heading "${heading}"`);
  const rank = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 0;
  const end = lines.findIndex(
    (line, index) => index > start && !fenced.has(index) && (/^(#+) /.exec(line)?.[1]?.length ?? 9) <= rank,
  );
  return blocks.filter(({ line }) => line > start && (end < 0 || line <= end));
}

function fencedLines(blocks: readonly Block[]): ReadonlySet<number> {
  return new Set(blocks.flatMap(({ line, text }) => text.split('\n').map((_, index) => line + index)));
}

/** The one block of a language below a heading; with `holding`, the one that has this text. */
export function blockUnder(name: string, heading: string, language: string, holding = ''): string {
  const found = blocksUnder(name, heading).filter(
    (block) => block.language === language && block.text.includes(holding),
  );
  assert.equal(
    found.length,
    1,
    `${name} has ${found.length} blocks of ${language} with "${holding}" under "${heading}"`,
  );
  return found[0]?.text ?? '';
}

/** Copies an example into a workspace, as a user does into a repository. */
export function copyExample(name: string, workspace: string): void {
  cpSync(join(root, 'examples', name), workspace, { recursive: true });
}

export function readExample(name: string, file: string): string {
  return readFileSync(join(root, 'examples', name, file), 'utf8');
}
