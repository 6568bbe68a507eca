import type { RevisionRow } from './result.ts';

const units = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** Since it was last active, or else created: by this machine's clock against the target's. Empty where that is unknown. */
export function age({ activatedAt, createdAt }: RevisionRow, now: Date): string {
  const since = activatedAt ?? createdAt;
  if (since === undefined) return '';
  const seconds = Math.max(0, (now.getTime() - Date.parse(since)) / 1000);
  const [unit, length] = units.find(([, each]) => seconds >= each) ?? units[3];
  return new Intl.RelativeTimeFormat('en').format(-Math.floor(seconds / length), unit);
}
