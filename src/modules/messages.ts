import type { Log } from '../log.ts';
import type { Position } from '../errors.ts';
import type { RunResult } from '../../shipper.d.ts';
import type { CommandRequest, ModuleContext, ModuleState, UploadRequest } from './services.ts';

/** A listener's method, and the file that it was found in. */
export interface LocatedMethod {
  /** Place in the list that the host was started with; it is how both sides name a listener. */
  readonly listener: number;
  readonly reference: string;
  /** Absolute, free of symlinks. */
  readonly path: string;
  readonly className: string;
  readonly method: string;
}

/** Why a listener failed, in a form that survives the way to the other process. */
export interface ListenerFailure {
  readonly message: string;
  /** Lines of the stack that lie in the workspace, with paths relative to it. */
  readonly stack: readonly string[];
  /** Where in the user's own files. */
  readonly at?: Position | undefined;
  /** The request whose failure this is. */
  readonly request?: number | undefined;
}

export interface LoadProblem {
  readonly listener: number;
  readonly message: string;
  /** Where in the module, if that is known better than the listener's place in the config. */
  readonly at?: Position | undefined;
}

export type ServiceRequest =
  | { readonly kind: 'run'; readonly command: string; readonly options: CommandRequest }
  | { readonly kind: 'upload'; readonly from: string; readonly options: UploadRequest };

export type LogLevel = Exclude<keyof Log, 'output'>;

export type ToModules =
  | {
      readonly type: 'load';
      readonly workspace: string;
      readonly context: ModuleContext;
      readonly methods: readonly LocatedMethod[];
    }
  | { readonly type: 'call'; readonly call: number; readonly listener: number; readonly state: ModuleState }
  | { readonly type: 'reply'; readonly request: number; readonly results: readonly RunResult[] }
  | { readonly type: 'refusal'; readonly request: number; readonly message: string; readonly code: string | undefined }
  | { readonly type: 'end' };

export type FromModules =
  | { readonly type: 'ready' }
  | { readonly type: 'loading'; readonly listener: number }
  | { readonly type: 'loaded'; readonly problems: readonly LoadProblem[] }
  | { readonly type: 'done'; readonly call: number }
  | { readonly type: 'failed'; readonly call: number; readonly failure: ListenerFailure }
  | { readonly type: 'stray'; readonly failure: ListenerFailure }
  | { readonly type: 'request'; readonly request: number; readonly asks: ServiceRequest }
  | { readonly type: 'output'; readonly name: string; readonly value: string }
  | { readonly type: 'summary'; readonly markdown: string }
  | { readonly type: 'log'; readonly level: LogLevel; readonly message: string };
