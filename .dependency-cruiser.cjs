/** The direction of imports: main → action, deploy → listeners → upload → remote → ssh → config, errors. */
const rooms = ['action', 'deploy', 'listeners', 'upload', 'remote', 'ssh', 'config'];
const below = {
  action: ['config'],
  deploy: ['listeners', 'remote', 'ssh', 'config'],
  listeners: ['upload', 'remote', 'ssh', 'config'],
  upload: ['remote', 'ssh', 'config'],
  remote: ['ssh', 'config'],
  ssh: ['config'],
  config: [],
};

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    { name: 'no-cycle', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphan', severity: 'error', from: { orphan: true, path: '^src/' }, to: {} },
    { name: 'nothing-imports-main', severity: 'error', from: { path: '^src/.+/' }, to: { path: '^src/main' } },
    ...rooms.map((room) => ({
      name: `${room}-imports-downwards`,
      severity: 'error',
      from: { path: `^src/${room}/` },
      to: { path: `^src/(${rooms.filter((other) => other !== room && !below[room].includes(other)).join('|')})/` },
    })),
    ...[
      ['ssh2', 'ssh'],
      ['@actions/core', 'action'],
      ['@actions/exec', 'listeners'],
      ['ignore', 'upload'],
      ['ajv', 'config'],
      ['@humanwhocodes/momoa', 'config'],
    ].map(([library, room]) => ({
      name: `only-${room}-uses-${library.replace(/\W+/g, '-')}`,
      severity: 'error',
      from: { path: '^src/', pathNot: [`^src/${room}/`, '^src/generated/'] },
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
