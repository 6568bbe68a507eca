import type { EventName } from './events.ts';

/** What the schema lets through: the shape of the file, before anything is resolved. Holes stand for refused entries. */
export interface RawStructure {
  readonly base_dir?: string;
  readonly active_symlink?: string;
  readonly directories?: Readonly<Record<string, string>>;
  readonly symlinks?: Readonly<Record<string, string>>;
}

export interface RawTarget extends RawStructure {
  readonly host?: string;
  readonly user?: string;
  readonly port?: number;
  readonly name?: string;
  readonly proxy_jump?: string;
  readonly proxy_command?: string;
}

export interface RawWaves {
  readonly sizes?: readonly (number | string | undefined)[];
  readonly pause?: number;
}

export interface RawConfig extends RawStructure {
  readonly target?: RawTarget;
  readonly targets?: readonly (RawTarget | undefined)[];
  readonly revision?: string;
  readonly waves?: RawWaves;
  readonly revisions_to_keep?: number;
  readonly fail_on_symlink_error?: boolean;
  readonly relative_symlinks?: boolean;
  readonly rollback_on_failure?: boolean;
  readonly umask?: string;
  readonly sync?: boolean;
  readonly source_dir?: string;
}

export interface RawRun {
  readonly run: string;
  readonly on?: string;
  readonly once?: boolean;
  readonly env?: readonly (string | undefined)[];
  readonly timeout?: number;
  readonly allow_failure?: boolean;
}

export interface RawUpload {
  readonly upload: string;
  readonly to?: string;
  readonly exclude?: readonly (string | undefined)[];
}

export type RawListener = string | RawRun | RawUpload;

export interface RawFile {
  readonly events?: Readonly<Partial<Record<EventName, readonly (RawListener | undefined)[]>>>;
  readonly config?: RawConfig;
}
