import type { Site } from './site.ts';
import { isDone, isOpen, isSwitched } from './state.ts';
import type { Selector } from './timeline.ts';

/** Whether a target is one of those that a row is for, as it is now. */
export function fits({ state: { phase, link }, reachable }: Site, selector: Selector): boolean {
  switch (selector) {
    case 'working':
      return phase !== 'unchanged';
    case 'open':
      return reachable && isOpen(phase);
    case 'switched':
      return reachable && isSwitched(phase);
    case 'quiet':
      return reachable && !isDone(phase) && !isSwitched(phase);
    case 'returned':
      return phase === 'returned' && link !== '';
  }
}
