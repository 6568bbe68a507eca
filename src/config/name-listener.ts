import type { Listener } from './config.ts';

/** How every message names a listener, such as `Listener 2 of after:create_revision (deploy.hooks.Site.build)`. */
export function nameListener(listener: Listener): string {
  return `Listener ${listener.index + 1} of ${listener.event} (${describeListener(listener)})`;
}

/** What a listener does, in a few words. */
export function describeListener(listener: Listener): string {
  switch (listener.kind) {
    case 'module':
      return listener.reference;
    case 'run':
      return `run ${shorten(listener.run)}`;
    case 'upload':
      return `upload ${listener.upload}`;
  }
}

function shorten(command: string): string {
  const line = command.trim().split('\n', 1)[0] ?? '';
  return line.length > 80 || line !== command.trim() ? `${line.slice(0, 80)}…` : line;
}
