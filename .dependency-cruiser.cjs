/** The direction of imports: main → action, deploy → listeners → modules, upload → remote → ssh → config, errors. */
const rooms = ['action', 'deploy', 'listeners', 'modules', 'upload', 'remote', 'ssh', 'config'];
const below = {
  action: ['config'],
  deploy: ['listeners', 'remote', 'ssh', 'config'],
  listeners: ['modules', 'upload', 'remote', 'ssh', 'config'],
  modules: ['config'],
  upload: ['remote', 'ssh', 'config'],
  remote: ['ssh', 'config'],
  ssh: ['config'],
  config: [],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, path: '^src/', pathNot: '\\.d\\.ts$' }, to: {} },
    { name: 'nothing-imports-main', severity: 'error', from: { path: '^src/.+/' }, to: { path: '^src/main' } },
    ...rooms.map((room) => ({
      name: `${room}-imports-downwards`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${rooms.filter((other) => other !== room && !below[room].includes(other)).join('|')})/` },
    })),
    {
      name: 'the-child-knows-nothing-of-the-run',
      severity: 'error',
      from: { path: '^src/modules/child/' },
      to: { path: '^src/', pathNot: ['^src/modules/(child/|[^/]+$)', '^src/config/', '^src/[^/]+$'] },
    },
    {
      name: 'the-run-knows-the-child-by-messages',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/modules/child/', '^src/modules/entry.ts$'] },
      to: { path: '^src/modules/child/' },
    },
    ...[
      ['ssh2', 'ssh'],
      ['@actions/core', 'action'],
      ['@actions/exec', 'modules/child'],
      ['ignore', 'upload'],
      ['ajv', 'config'],
      ['@humanwhocodes/momoa', 'config'],
    ].map(([library, room]) => ({
      name: `only-${room}-uses-${library.replace(/\W+/g, '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/${room}/`, '^src/generated/', '^src/bundle.cjs$'] },
      to: { path: `node_modules/${library}/` },
    })),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default'] },
  },
};
