import { pathToFileURL } from 'node:url';
import type { Shipper } from '../../../shipper.d.ts';
import { exportedNames, findExport, isConstructor, methodNames } from './exports.ts';
import { describeFailure, relativeTo } from './describe-failure.ts';
import { explainLoadError } from './load-error.ts';
import type { LoadProblem, LocatedMethod } from '../messages.ts';
import { didYouMean } from '../../config/nearest.ts';

type Method = () => unknown;

/** A cause of its own is told once, at the first listener that meets it. */
type Outcome<T> = { readonly value: T } | { readonly problem: Omit<LoadProblem, 'listener'> };

/**
 * The user's modules: each is loaded once, and each class constructed once, in the order of the listeners. Nothing
 * stops at a problem, so that one run tells them all.
 */
export class Modules {
  readonly #workspace: string;
  readonly #shipper: Shipper;
  readonly #files = new Map<string, Outcome<object>>();
  readonly #instances = new Map<string, Outcome<object>>();
  readonly #methods = new Map<number, Method>();

  constructor(workspace: string, shipper: Shipper) {
    this.#workspace = workspace;
    this.#shipper = shipper;
  }

  /** Makes a listener ready to be called, or says what is wrong; undefined where that was said before. */
  async load(located: LocatedMethod): Promise<LoadProblem | undefined> {
    const { listener, path, className, method } = located;
    const key = `${path}#${className}`;
    const knownFile = this.#files.get(path);
    const file = knownFile ?? (await this.#importFile(path));
    this.#files.set(path, file);
    if ('problem' in file) return knownFile === undefined ? { listener, ...file.problem } : undefined;

    const knownInstance = this.#instances.get(key);
    const instance = knownInstance ?? this.#construct(file.value, located);
    this.#instances.set(key, instance);
    if ('problem' in instance) return knownInstance === undefined ? { listener, ...instance.problem } : undefined;

    const names = methodNames(instance.value);
    const found: unknown = names.includes(method) ? Reflect.get(instance.value, method) : undefined;
    if (typeof found !== 'function') {
      const hint = didYouMean(method, names) || `; it has ${names.join(', ') || 'none'}.`;
      return { listener, message: `${located.reference}: the class ${className} has no method "${method}"${hint}` };
    }
    this.#methods.set(listener, () => Reflect.apply(found, instance.value, []) as unknown);
    return undefined;
  }

  /** Calls a listener that was loaded, and awaits it. */
  async call(listener: number): Promise<void> {
    await this.#methods.get(listener)?.();
  }

  async #importFile(path: string): Promise<Outcome<object>> {
    try {
      return { value: (await import(pathToFileURL(path).href)) as object };
    } catch (error) {
      return { problem: explainLoadError(error, path, this.#workspace) };
    }
  }

  #construct(exported: object, { reference, path, className }: LocatedMethod): Outcome<object> {
    const file = relativeTo(this.#workspace, path) ?? path;
    const found = findExport(exported, className);
    if (found === undefined) {
      const names = exportedNames(exported);
      const hint = didYouMean(className, names) || `; it exports ${names.join(', ') || 'nothing'}.`;
      return { problem: { message: `${reference}: ${file} does not export "${className}"${hint}` } };
    }
    if (!isConstructor(found)) {
      const message = `${reference}: "${className}" in ${file} is not a class; a listener is a method of a class.`;
      return { problem: { message } };
    }
    try {
      return { value: new found(this.#shipper) };
    } catch (error) {
      const { message, stack, at } = describeFailure(error, this.#workspace);
      const what = `${reference}: the constructor of ${className} failed: ${message}`;
      return { problem: { message: [what, ...stack].join('\n'), at } };
    }
  }
}
