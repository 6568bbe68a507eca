import type { RunLog } from '../log.ts';
import type { TargetFact } from './facts.ts';
import { isStep } from './timeline.ts';

/** What the log says of a fact, beside the times of steps. `here` is the target's name in a fleet, else empty. */
export function tell(fact: TargetFact, log: RunLog, target: string, named: boolean): void {
  const here = named ? `${target}: ` : '';
  switch (fact.kind) {
    case 'returned':
      log.info(
        `${here}switched back to ${fact.name ?? (fact.link === '' ? 'no active symlink, as before' : fact.link)}`,
      );
      break;
    case 'warning':
      log.warning(`${target}${isStep(fact.step) ? `, ${fact.step}` : ''}: ${fact.message}`, target);
      break;
    case 'settled':
      log.notice(`${here}put in order what an earlier run left when it died (${fact.token})`);
      break;
    case 'adopted':
      log.info(`${here}adopted: ${fact.name}`);
      break;
    case 'ordered_by':
      log.info(`${here}in this order, oldest first, by ${fact.order}`);
      break;
    case 'waiting':
      log.info(`${here}waiting for the lock, held by ${fact.description}`);
      break;
    case 'step':
    case 'flushed':
    case 'deleted':
    case 'unchanged':
    case 'revision':
    case 'taken':
    case 'linked':
    case 'completed':
    case 'purged':
    case 'active':
    case 'previous':
    case 'verdict':
    case 'listed':
    case 'holder':
    case 'found':
      break;
  }
}
