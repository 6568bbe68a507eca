import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'package.json'), 'utf8');
const { repository } = JSON.parse(text) as { readonly repository: string };

/** Whether a step's `uses` means Shipper: as this repository's own, or by the name under which it is published. */
export function isShipper(uses = ''): boolean {
  return uses === './' || uses.startsWith(`${repository.replace('github:', '')}@`);
}
