import { run } from '../../__tests__/rig/program.ts';

/** Where a tool uploads to: through the relay. */
export interface Way {
  readonly port: number;
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
}

/** What one upload is: from a directory of this machine to a new one over there, beside the one uploaded before. */
export interface Leg {
  readonly from: string;
  readonly to: string;
  readonly previous: string | undefined;
}

export interface Contender {
  readonly name: string;
  /** Whether it can leave out what is there already. */
  readonly compares: boolean;
  upload(way: Way, leg: Leg): Promise<void>;
}

function ssh({ port, user, keyFile, knownHostsFile }: Way): readonly string[] {
  const options = [`UserKnownHostsFile=${knownHostsFile}`, 'IdentitiesOnly=yes', 'BatchMode=yes', `User=${user}`];
  return ['-p', String(port), '-i', keyFile, '-F', 'none', ...options.flatMap((option) => ['-o', option])];
}

function rsync(flags: readonly string[]): Contender {
  return {
    name: `rsync ${flags.join(' ')}`,
    compares: true,
    upload: async (way, { from, to, previous }) => {
      const linkDest = previous === undefined ? [] : [`--link-dest=${previous}`];
      await run('rsync', [...flags, ...linkDest, '-e', `ssh ${ssh(way).join(' ')}`, `${from}/`, `127.0.0.1:${to}/`]);
    },
  };
}

function tar(pack: string, unpack: string): Contender {
  return {
    name: `tar | ${pack} | ssh tar`,
    compares: false,
    upload: async (way, { from, to }) => {
      const remote = `mkdir ${to} && ${unpack} | tar xf - -C ${to}`;
      await run('sh', ['-c', `tar cf - -C ${from} . | ${pack} | ssh ${ssh(way).join(' ')} 127.0.0.1 '${remote}'`]);
    },
  };
}

const scp: Contender = {
  name: 'scp -r',
  compares: false,
  upload: async (way, { from, to }) => {
    const [, port = '', ...options] = ssh(way);
    await run('scp', ['-q', '-r', '-P', port, ...options, from, `127.0.0.1:${to}`]);
  },
};

export const contenders: readonly Contender[] = [
  rsync(['-az']),
  rsync(['-az', '--checksum']),
  rsync(['-rlpz', '--checksum']),
  tar('gzip -1', 'gzip -dc'),
  tar('zstd -1 -q', 'zstd -dcq'),
  scp,
];
