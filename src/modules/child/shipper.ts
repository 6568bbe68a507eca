import { inspect } from 'node:util';
import type { Shipper } from '../../../shipper.d.ts';
import { freeze } from './freeze.ts';
import { runProgram } from './run-program.ts';
import type { LogLevel } from '../messages.ts';
import { needText, runRequest, uploadRequest } from './requests.ts';
import type { ModuleContext, ModuleState } from '../services.ts';
import type { Wire } from './wire.ts';

/** What modules see, and what the host changes about it between events. */
export interface ShipperInModules {
  readonly shipper: Shipper;
  /** Makes this the moment that modules see; without a state, they may look but not touch the targets. */
  enter(state: ModuleState): void;
  leave(): void;
  /** Resolves when everything that modules asked for has been answered, awaited by them or not. */
  settled(): Promise<void>;
}

/** Everything is a closure, so that `const { run, log } = shipper` works. */
export function createShipper(wire: Wire, context: ModuleContext, workspace: string): ShipperInModules {
  const config = freeze(context.config);
  let state: ModuleState = { event: 'on:start', targets: config.targets, wave: { number: 1, of: 1 } };
  let listening = false;
  const pending = new Set<Promise<unknown>>();

  // The caller gets another promise than the one that `settled` handles, or a forgotten rejection would go unseen.
  const track = async <T>(promise: Promise<T>): Promise<T> => {
    pending.add(promise);
    return promise.finally(() => pending.delete(promise));
  };
  const needListener = (what: string): void => {
    if (!listening) throw new Error(`${what} is for listeners: it works only while one is being called and awaited`);
  };
  const log = (level: LogLevel) => (message: unknown) =>
    wire.tell({ type: 'log', level, message: typeof message === 'string' ? message : inspect(message) });

  const shipper: Shipper = {
    command: context.command,
    config,
    get event() {
      return state.event;
    },
    get revision() {
      return state.revision;
    },
    get previous() {
      return state.previous;
    },
    get targets() {
      return state.targets;
    },
    get wave() {
      return state.wave;
    },
    get error() {
      return state.error;
    },
    get outcome() {
      return state.outcome;
    },
    run: async (command, options = {}) => {
      needListener('shipper.run()');
      return [...(await track(wire.ask(runRequest(command, options))))];
    },
    upload: async (from, options = {}) => {
      needListener('shipper.upload()');
      await track(wire.ask(uploadRequest(from, options)));
    },
    exec: async (program, args = [], options = {}) => track(runProgram(program, args, options, workspace)),
    log: {
      debug: log('debug'),
      info: log('info'),
      notice: log('notice'),
      warning: log('warning'),
      error: log('error'),
    },
    setOutput: (name, value) =>
      wire.tell({ type: 'output', name: needText(name, 'the name of shipper.setOutput()'), value: asText(value) }),
    addSummary: (markdown) => wire.tell({ type: 'summary', markdown: needText(markdown, 'shipper.addSummary()') }),
  };

  return {
    shipper: Object.freeze(shipper),
    enter: (next) => {
      state = freeze(next);
      listening = true;
    },
    leave: () => {
      listening = false;
    },
    settled: async () => {
      while (pending.size > 0) await Promise.allSettled(pending);
    },
  };
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
