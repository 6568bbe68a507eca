export interface Measured {
  readonly seconds: number;
  /** Bytes through the relay; `up` is towards the server. */
  readonly up: number;
  readonly down: number;
}

export interface Row {
  readonly name: string;
  readonly results: Readonly<Partial<Record<'first' | 'changed' | 'same' | 'renamed', Measured>>>;
}

const titles = {
  first: 'first upload',
  changed: '1 % changed',
  same: 'nothing changed',
  renamed: 'a directory renamed',
};

/** Prints, for one line, what each tool took and sent, and Shipper's ratios. */
export function printTables(line: string, rows: readonly Row[]): void {
  console.log(`\n## ${line}: seconds (bytes up / down)\n`);
  console.log(`| | ${Object.values(titles).join(' | ')} |\n| --- | --- | --- | --- | --- |`);
  for (const { name, results } of rows) {
    const cells = (['first', 'changed', 'same', 'renamed'] as const).map((state) => cell(results[state]));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
  const deploy = rows.find(({ name }) => name.startsWith('shipper, the whole'));
  const alone = rows.find(({ name }) => name.startsWith('shipper, the upload'));
  const connected = rows.find(({ name }) => name.startsWith('shipper, connect'));
  const rsyncs = rows.filter(({ name }) => name.startsWith('rsync'));
  const bestOf = (state: 'changed' | 'same' | 'renamed') =>
    rsyncs.map(({ results }) => results[state]).sort((a, b) => (a?.seconds ?? 0) - (b?.seconds ?? 0))[0];
  const named = (name: string) => rows.find((row) => row.name.startsWith(name))?.results.first;
  console.log('\n| ratio | the whole deploy | connect and upload | the upload alone |\n| --- | --- | --- | --- |');
  for (const [what, state, other] of [
    ['first upload / rsync -az', 'first', named('rsync -az')],
    ['first upload / tar with zstd -1', 'first', named('tar | zstd')],
    ['1 % changed / the best rsync', 'changed', bestOf('changed')],
    ['nothing changed / the best rsync', 'same', bestOf('same')],
    ['a directory renamed / the best rsync', 'renamed', bestOf('renamed')],
  ] as const) {
    const ratios = [deploy, connected, alone].map((row) => ratio(row?.results[state], other));
    console.log(`| ${what} | ${ratios.join(' | ')} |`);
  }
  const leanest = Math.min(...rsyncs.map(({ results }) => total(results.changed)));
  console.log(
    `| bytes for 1 % changed / the leanest rsync | ${(total(deploy?.results.changed) / leanest).toFixed(2)} | |`,
  );
}

function cell(measured: Measured | undefined): string {
  if (measured === undefined) return '–';
  return `${measured.seconds.toFixed(2)} s (${kilobytes(measured.up)} / ${kilobytes(measured.down)} kB)`;
}

function kilobytes(bytes: number): string {
  return Math.round(bytes / 1000).toLocaleString('en');
}

function total(measured: Measured | undefined): number {
  return measured === undefined ? Infinity : measured.up + measured.down;
}

function ratio(one: Measured | undefined, other: Measured | undefined): string {
  return one === undefined || other === undefined ? '–' : (one.seconds / other.seconds).toFixed(2);
}
