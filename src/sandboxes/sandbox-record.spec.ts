import type { ContainerSummary } from '../engine/types.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { LABEL } from '../engine/labels.js';
import { readRecord, recordLabels, recordVariables } from './sandbox-record.js';

const lasting = {
  id: 'sb_0123456789abcdefghjk',
  name: 'brave-otter',
  owner: 'default',
  createdAt: 1_790_000_000_000,
  image: 'registry:5000/team/app:1.2',
  imageId: `sha256:${'a'.repeat(64)}`,
  ports: ['3000/tcp', '53/udp'],
  memoryMb: 64,
  cpus: 0.5,
  pids: 100,
  diskMb: null,
  timeoutS: 60,
  guest: { env: ['A=b c', 'QUOTED="x"\n'], workingDir: '/a b', user: '1000:1000' },
  secret: 'f'.repeat(64),
  transport: 'socket',
  labels: { team: 'search' },
} satisfies Partial<Sandbox>;

const row = {
  ...lasting,
  status: 'running',
  version: 3,
  ordinal: 1,
  portMap: {},
  expiresAt: 1,
} as Partial<Sandbox> as Sandbox;
const env = { ...recordVariables(row), ATOLL_SECRET: row.secret, ATOLL_TRANSPORT: row.transport };
const container: ContainerSummary = {
  name: `atoll-${row.id}`,
  status: 'running',
  labels: { ...recordLabels(row), [LABEL.sandbox]: row.id },
};

it('gives back what never changes, and nothing else', () => {
  expect(readRecord(container, env)).toEqual(lasting);
});

it('holds no secret', () => {
  expect(JSON.stringify([recordVariables(row), recordLabels(row)])).not.toContain(row.secret);
});

it.each(Object.keys(env))('is not whole without %s', (name) => {
  expect(
    readRecord(container, Object.fromEntries(Object.entries(env).filter(([one]) => one !== name))),
  ).toBeUndefined();
  expect(readRecord(container, { ...env, [name]: 'nonsense' })).toBeUndefined();
});

it.each(Object.keys(container.labels))('is not whole without the label %s', (label) => {
  const labels = { ...container.labels };
  delete labels[label];
  expect(readRecord({ ...container, labels }, env)).toBeUndefined();
});

it('is left out when it is too long for one variable', () => {
  const guest = { ...row.guest, env: [`LONG=${'é'.repeat(50_000)}`] };
  expect(recordVariables({ ...row, guest })).toEqual({});
});
