import { type DocumentNode, parse } from '@humanwhocodes/momoa';
import { below, type Document, type Written } from './document.ts';
import type { Origin, Problems } from './problems.ts';
import { explain, mode, type Spot, type SyntaxFault } from './syntax.ts';

type ValueNode = DocumentNode['body'];

const deepest = 32;
const tooDeep = `nothing in a config is nested ${deepest} levels deep`;

/**
 * Reads JSON with comments and trailing commas; a fault comes back when it is none. Duplicate keys go to `problems`,
 * and the first one stands.
 */
export function parseJson(text: string, locate: (spot: Spot) => Origin, problems: Problems): Document | SyntaxFault {
  let root: ValueNode;
  try {
    root = parse(text, mode).body;
  } catch (error) {
    if (error instanceof RangeError) return { spot: { line: 1, column: 1 }, sentence: tooDeep };
    return explain(text, error);
  }
  const places = new Map<string, Written>();
  const read = (node: ValueNode, pointer: string, key: Origin, depth: number): unknown => {
    const value = locate(node.loc.start);
    places.set(pointer, { key, value });
    if (depth > deepest) return problems.add(value, tooDeep);
    switch (node.type) {
      case 'Object': {
        const members = new Map<string, unknown>();
        for (const member of node.members) {
          const name = member.name.type === 'String' ? member.name.value : member.name.name;
          const at = locate(member.name.loc.start);
          if (members.has(name)) problems.add(at, `duplicate key "${name}"`);
          else members.set(name, read(member.value, below(pointer, name), at, depth + 1));
        }
        return Object.fromEntries(members);
      }
      case 'Array':
        return node.elements.map(({ value: entry }, index) =>
          read(entry, below(pointer, index), locate(entry.loc.start), depth + 1),
        );
      case 'String':
      case 'Number':
      case 'Boolean':
        return node.value;
      case 'Null':
      case 'NaN':
      case 'Infinity':
        return null;
    }
  };
  return { value: read(root, '', locate(root.loc.start), 0), places };
}
