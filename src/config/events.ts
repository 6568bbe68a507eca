export const commands = ['deploy', 'prepare', 'activate', 'rollback', 'adopt', 'status'] as const;
export type Command = (typeof commands)[number];

/** The steps, in the order in which a deploy takes them. */
export const steps = [
  'init_directories',
  'create_revision',
  'create_symlinks',
  'link_current_revision',
  'purge_old_revisions',
] as const;
export type Step = (typeof steps)[number];

const building: readonly Command[] = ['deploy', 'prepare'];
const switching: readonly Command[] = ['deploy', 'activate'];
const changing: readonly Command[] = ['deploy', 'prepare', 'activate', 'rollback'];

/** Every event, in the order in which a run meets it, and the commands that dispatch it. */
export const events = {
  'on:start': changing,
  'before:init_directories': building,
  'after:init_directories': building,
  'before:create_revision': building,
  'after:create_revision': building,
  'before:create_symlinks': building,
  'after:create_symlinks': building,
  'before:rollback': ['rollback'],
  'before:link_current_revision': switching,
  'after:link_current_revision': ['deploy', 'activate', 'rollback'],
  'after:rollback': ['rollback'],
  'before:purge_old_revisions': switching,
  'after:purge_old_revisions': switching,
  'before:completion': changing,
  'after:completion': changing,
  'on:error': changing,
} as const satisfies Record<string, readonly Command[]>;

export type EventName = keyof typeof events;

export const eventNames = Object.keys(events) as readonly EventName[];

/** The events in which an `upload` has a revision to go into that is not yet live. */
export const uploadEvents: readonly EventName[] = [
  'after:create_revision',
  'before:create_symlinks',
  'after:create_symlinks',
];
