import type { ExecOptions, RunOptions, RunResult, Shipper, UploadOptions } from './shipper.d.ts';

/** What a test may say about the moment at which the module is called; the rest is a deploy of one target. */
export type Given = Partial<
  Pick<Shipper, 'command' | 'event' | 'revision' | 'previous' | 'targets' | 'wave' | 'error' | 'outcome' | 'config'>
> & {
  /** Where `exec()` and `upload()` are at home; default: the current directory. */
  readonly workspace?: string;
  /** What a command answers on a target, in place of running it here; undefined: it runs. */
  readonly answer?: (command: string, host: string) => Partial<RunResult> | undefined;
};

export interface Stand extends AsyncDisposable {
  readonly shipper: Shipper;
  /** What was given to `run()`, in its order. */
  readonly commands: readonly { readonly command: string; readonly options: RunOptions }[];
  readonly programs: readonly {
    readonly program: string;
    readonly args: readonly string[];
    readonly options: ExecOptions;
  }[];
  readonly uploads: readonly { readonly from: string; readonly options: UploadOptions }[];
  readonly logged: readonly { readonly level: string; readonly message: string }[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: readonly string[];
}

/** A Shipper for one test. Its directory is gone once it is disposed of. */
export function stand(given?: Given): Promise<Stand>;
