/**
 * The arrows of the architecture: which folder of src may import which others. A folder that is not here may import
 * nothing, so that a new room says where it stands before it is furnished.
 */
const BASE = ['common', 'config'];
const PORTS = [...BASE, 'engine', 'store'];
const RESOURCE = [...PORTS, 'guest'];
const EVERY_RESOURCE = [...RESOURCE, 'sandboxes', 'commands', 'files', 'images'];
const MAY_IMPORT = {
  config: [],
  common: ['config'],
  engine: BASE,
  store: BASE,
  guest: PORTS,
  images: PORTS,
  sandboxes: [...RESOURCE, 'images'],
  commands: [...RESOURCE, 'sandboxes'],
  files: [...RESOURCE, 'sandboxes'],
  scheduler: EVERY_RESOURCE,
  preview: EVERY_RESOURCE,
  health: PORTS,
  metrics: PORTS,
  traces: BASE,
  backup: [...BASE, 'store'],
};

const SPEC = '\\.spec\\.ts$';
const ADAPTER = '^src/engine/docker/';
/** Where a process begins: everything in src is reachable from here, or dead. */
const ENTRIES = '^src/([^/]+|(config|metrics)/docs)\\.ts$';

const folder = (names) => `^src/(${names.join('|')})/`;

const arrows = Object.entries(MAY_IMPORT).map(([name, others]) => ({
  name: `arrow-${name}`,
  comment: `src/${name} may import ${others.join(', ') || 'nothing else of src'}`,
  severity: 'error',
  from: { path: folder([name]) },
  to: { path: '^src/', pathNot: folder([name, ...others]) },
}));

const onlyIn = (name, comment, path, home) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path },
});

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'room-without-arrow',
      comment: 'A folder of src that .dependency-cruiser.cjs does not know: add it to MAY_IMPORT',
      severity: 'error',
      from: { path: '^src/[^/]+/', pathNot: folder(Object.keys(MAY_IMPORT)) },
      to: {},
    },
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or lack a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'adapter-only-in-app-module',
      comment: 'Only app.module (and tests) names an adapter: inject the port',
      severity: 'error',
      from: { path: '^src/', pathNot: [ADAPTER, '^src/app\\.module\\.ts$', SPEC] },
      to: { path: ADAPTER },
    },
    onlyIn('dockerode-only-in-adapter', 'dockerode lives in engine/docker', '(^|/)dockerode(/|$)', ADAPTER),
    onlyIn(
      'database-only-in-store',
      'Databases are spoken to in store',
      '^(node:)?sqlite$|node_modules/(@types/)?(pg|kysely)/',
      '^src/store/',
    ),
    onlyIn(
      'opentelemetry-only-in-traces',
      'Other rooms begin spans by common/traces, which loads nothing',
      'node_modules/@opentelemetry/',
      '^src/traces/',
    ),
    {
      name: 'src-not-to-test',
      comment: 'What is shipped does not know its tests',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: `^test/|${SPEC}` },
    },
    {
      name: 'not-to-dev-dependency',
      comment: 'What is shipped imports packages of "dependencies" only',
      severity: 'error',
      from: { path: '^src/', pathNot: SPEC },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'], pathNot: 'node_modules/@types/' },
    },
    {
      name: 'not-to-unlisted',
      comment: 'A package that package.json does not list comes and goes with somebody else’s dependencies',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    {
      name: 'no-orphan',
      comment: 'Nothing that starts the service leads here: dead, or a helper of tests that belongs to test/support',
      severity: 'error',
      from: { path: ENTRIES },
      to: { path: '^src/', pathNot: [ENTRIES, SPEC], reachable: false },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // A type is knowledge too: imports that vanish at run time count.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types', 'default'] },
  },
};
