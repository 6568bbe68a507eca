import type { Span, Warning } from '../../src/deploy/chronicle.ts';
import type { Plan } from '../../src/deploy/plan.ts';
import type { Result, RevisionRow, TargetResult } from '../../src/deploy/result.ts';
import { summaryOf, type Told } from '../../src/deploy/summary.ts';
import { ShipperError } from '../../src/errors.ts';
import type { Files } from '../../src/upload/foresight.ts';

export const now = new Date('2026-11-26T12:00:00Z');

export function targetOf(name: string, more: Partial<TargetResult> = {}): TargetResult {
  return {
    host: name,
    name,
    status: 'succeeded',
    revision: 'v1.3.0',
    active: 'v1.3.0',
    previousRevision: 'v1.2.1',
    purged: [],
    steps: [],
    ...more,
  };
}

export function resultOf(targets: readonly TargetResult[], more: Partial<Result> = {}): Result {
  const [first] = targets;
  return {
    command: 'deploy',
    dryRun: false,
    status: first?.status ?? 'succeeded',
    revision: first?.revision,
    previousRevision: first?.previousRevision,
    targets,
    ...more,
  };
}

/** A plan in which nothing is done but this. */
export function planWith(more: Partial<Plan>): Plan {
  return { unchanged: false, directories: [], links: [], purges: [], notes: [], ...more };
}

function files(...each: readonly (readonly [string, number])[]): Files {
  return {
    files: each.length,
    bytes: each.reduce((sum, [, bytes]) => sum + bytes, 0),
    each: each.map(([path, bytes]) => ({ path, bytes })),
  };
}

const spans: readonly Span[] = [
  { name: 'connect', kind: 'step', from: 0, to: 420, failed: false },
  { name: 'init_directories', kind: 'step', from: 420, to: 460, failed: false },
  { name: 'create_revision', kind: 'step', from: 460, to: 500, failed: false },
  { name: 'after:create_revision', kind: 'listeners', from: 500, to: 2900, failed: false },
  { name: 'create_symlinks', kind: 'step', from: 2900, to: 2960, failed: false },
  { name: 'link_current_revision', kind: 'step', from: 2960, to: 3010, failed: false },
  { name: 'after:link_current_revision', kind: 'listeners', from: 3010, to: 3650, failed: false },
  { name: 'purge_old_revisions', kind: 'step', from: 3650, to: 3700, failed: false },
];
const failing = spans.slice(0, -1).map((span) => ({ ...span, failed: span.name === 'after:link_current_revision' }));
const rolledBack: readonly Span[] = [
  { name: 'connect', kind: 'step', from: 0, to: 420, failed: false },
  { name: 'link_current_revision', kind: 'step', from: 420, to: 470, failed: false },
];
const sent =
  'upload public: 3,012 files verified in 2.3 s: 31 files sent (412.0 kB, packed 88.1 kB), 2,981 files copied on the target (19.8 MB)';

export function told(more: Partial<Told> = {}): Told {
  return { spans, warnings: [], worth: [sent], seconds: 3.7, now, ...more };
}

const warnings: readonly Warning[] = [
  { message: 'web1, create_symlinks: the link public/uploads dangles', target: 'web1' },
  { message: 'web3, create_symlinks: the link public/uploads dangles', target: 'web3' },
];

const check =
  'Listener 2 of after:link_current_revision (run curl -fsS http://localhost/up) failed on web2: exit status 22\n' +
  '  │ curl: (22) The requested URL returned error: 500';
const failed = { code: 'LISTENER', message: check } as const;

const row = (name: string, state: RevisionRow['state'], hours: number, commit: string): RevisionRow => ({
  name,
  state,
  createdAt: new Date(now.getTime() - hours * 3_600_000).toISOString(),
  actor: 'octocat',
  commit,
  run: `https://github.com/octo-org/site/actions/runs/1234567${hours}`,
});

const revisions = [
  row('v1.2.0', 'completed', 200, '89abcdef0123456789abcdef0123456789abcdef'),
  row('v1.2.1', 'completed', 50, '0123456789abcdef0123456789abcdef01234567'),
  row('v1.3.0', 'bad', 3, 'fedcba9876543210fedcba9876543210fedcba98'),
  { name: 'by-hand', state: 'foreign' as const },
];

const back = { status: 'returned' as const, active: 'v1.2.1' };

/** A page of each kind, by its name. */
export const pages: Readonly<Record<string, string>> = {
  success: summaryOf(resultOf([targetOf('app.example.com', { purged: ['v1.0.4'] })]), undefined, told()),
  returned: summaryOf(
    resultOf([targetOf('web1', back), targetOf('web2', { ...back, error: failed }), targetOf('web3', back)]),
    new ShipperError('LISTENER', check, { target: 'web2' }),
    told({ spans: failing, warnings }),
  ),
  rollback: summaryOf(
    resultOf([targetOf('app.example.com', { revision: 'v1.2.1', active: 'v1.2.1', previousRevision: 'v1.3.0' })], {
      command: 'rollback',
    }),
    undefined,
    told({ spans: rolledBack, worth: [], seconds: 0.6 }),
  ),
  status: summaryOf(
    resultOf([targetOf('app.example.com', { active: 'v1.2.1', revisions })], { command: 'status' }),
    undefined,
    told({ worth: [] }),
  ),
  plan: summaryOf(
    resultOf(
      [
        targetOf('app.example.com', {
          active: 'v1.2.1',
          plan: planWith({
            creates: '/var/www/app/revisions/v1.3.0',
            links: [
              { path: '.env', source: '/var/www/app/share/.env', dangling: false, now: 'same', replaces: false },
              {
                path: 'public/uploads',
                source: '/var/www/app/share/uploads',
                dangling: false,
                now: 'directory',
                replaces: false,
              },
            ],
            uploads: {
              compared: true,
              added: files(['assets/app-9f1c2b.js', 41_200]),
              changed: files(['index.php', 1_900], ['src/Login.php', 8_210]),
              removed: files(['assets/app-77ab01.js', 40_900]),
              same: { files: 3_008, bytes: 19_800_000 },
              replaced: 0,
            },
            switches: { link: '/var/www/app/current', from: 'v1.2.1', to: 'v1.3.0' },
            purges: ['v1.0.4'],
            commits: {
              from: '0123456789abcdef0123456789abcdef01234567',
              to: 'fedcba9876543210fedcba9876543210fedcba98',
              added: [
                { hash: 'fedcba9876543210fedcba9876543210fedcba98', author: 'octocat', subject: 'Log in by passkey' },
                { hash: '13579bdf02468ace13579bdf02468ace13579bdf', author: 'hubot', subject: 'Update the packages' },
              ],
              dropped: [],
            },
          }),
        }),
      ],
      {
        dryRun: true,
        plan: {
          listeners: [
            { event: 'after:create_revision', what: 'upload public', where: 'app.example.com' },
            {
              event: 'after:create_symlinks',
              what: 'run php artisan migrate --force',
              where: 'app.example.com, once',
            },
            {
              event: 'after:link_current_revision',
              what: 'run sudo -n systemctl reload php8.4-fpm.service',
              where: 'app.example.com',
            },
            { event: 'after:link_current_revision', what: 'deploy.checks.Site.isUp', where: 'runner' },
          ],
          waves: [],
          pause: 0,
          notes: [],
        },
      },
    ),
    undefined,
    told({ worth: [], commitPages: 'https://github.com/octo-org/site/commit' }),
  ),
};
