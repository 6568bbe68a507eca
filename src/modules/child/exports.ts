import type { Shipper } from '../../../shipper.d.ts';

type Constructor = new (shipper: Shipper) => object;

/** As a named export, in `module.exports` or a default export, or as the default export itself, by its own name. */
export function findExport(exported: object, name: string): unknown {
  for (const holder of holders(exported)) {
    if (Object.hasOwn(holder, name)) return Reflect.get(holder, name);
    if (typeof holder === 'function' && holder.name === name) return holder;
  }
  return undefined;
}

/** CommonJS that was compiled from an ES module has a `default` within the `default`. */
function holders(exported: object): readonly object[] {
  const found: object[] = [];
  for (let next: unknown = exported; isHolder(next) && found.length < 3; next = Reflect.get(next, 'default')) {
    found.push(next);
  }
  return found;
}

function isHolder(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

export function exportedNames(exported: object): readonly string[] {
  const names = holders(exported).flatMap((holder) =>
    typeof holder === 'function' ? [holder.name] : Object.keys(holder),
  );
  return [...new Set(names)].filter((name) => !['default', 'module.exports', '__esModule', ''].includes(name));
}

export function isConstructor(value: unknown): value is Constructor {
  if (typeof value !== 'function') return false;
  try {
    Reflect.construct(Object, [], value); // Asks whether `new` is allowed without running anything of it.
    return true;
  } catch {
    return false;
  }
}

/** What the class and those above it define, and what its constructor put into the instance. */
export function methodNames(instance: object): readonly string[] {
  const names = new Set<string>();
  for (let next: object | null = instance; next !== null && next !== Object.prototype;) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(next))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
    next = Reflect.getPrototypeOf(next);
  }
  return [...names];
}
