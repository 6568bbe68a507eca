/** The name of a revision that nobody named: UTC time and short commit, such as `20261122T054510Z-0123456`. */
export function newRevisionName(now: Date, commit: string | undefined): string {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, '');
  return commit === undefined || commit === '' ? time : `${time}-${commit.slice(0, 7)}`;
}
