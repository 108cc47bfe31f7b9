import { ODD_TEXT } from '../samples.js';

type Row = Record<string, string | number | null>;

const sandbox = (n: number, given: Row): Row => ({
  id: `sb_${String(n).repeat(20)}`,
  name: `calm-otter-${n}`,
  owner: 'default',
  image: 'registry.example:5000/team/app@sha256:0123',
  image_id: `sha256:${'ab'.repeat(32)}`,
  status: 'running',
  ports: '["3000/tcp","53/udp"]',
  port_map: '{"3000/tcp":"32768"}',
  memory_mb: 1024,
  cpus: 0.25,
  timeout_s: 900,
  expires_at: 1_790_000_900_000,
  created_at: 1_790_000_000_000,
  started_at: 1_790_000_000_500,
  finished_at: null,
  end_reason: null,
  exit_code: null,
  guest: '{"env":["A=b=c","EMPTY="],"workingDir":"/srv","user":"1000:1000"}',
  secret: String(n).repeat(64),
  transport: 'socket',
  incarnation: 'f'.repeat(16),
  labels: JSON.stringify({ odd: ODD_TEXT.join('|') }),
  version: 7,
  claim: null,
  claim_until: null,
  pids: null,
  disk_mb: null,
  ...given,
});

const command = (n: number, given: Row): Row => ({
  id: `cmd_${String(n).repeat(20)}`,
  sandbox_id: `sb_${'1'.repeat(20)}`,
  argv: JSON.stringify(['sh', '-c', ...ODD_TEXT]),
  cwd: '/srv',
  state: 'exited',
  exit_code: 0,
  signal: null,
  end_reason: 'exited',
  message: null,
  incarnation: 'f'.repeat(16),
  pid: 12,
  started_at: 1_790_000_001_000,
  finished_at: 1_790_000_002_000,
  output_length: 5_000_000_000,
  usage: '{"cpuMs":3,"maxRssBytes":1048576}',
  ...given,
});

const idempotent = (key: string, answer: string | null): Row => ({
  owner: 'default',
  key,
  body_hash: 'cd'.repeat(32),
  created_at: 1_790_000_000_000,
  answer,
  sandbox_id: `sb_${'1'.repeat(20)}`,
});

/** What a store that was used holds, by the newest schema. An older one has less: what it lacks is left out. Tables in the order of their references. */
export const ROWS: Record<string, Row[]> = {
  sandboxes: [
    sandbox(1, { claim: 'a-claim', claim_until: 1_790_000_060_000, pids: 64, disk_mb: 2048 }),
    sandbox(2, {
      status: 'stopped',
      expires_at: null,
      finished_at: 1_790_000_100_000,
      end_reason: 'oom',
      exit_code: 137,
    }),
    sandbox(3, {
      status: 'creating',
      started_at: null,
      incarnation: null,
      ports: '[]',
      port_map: '{}',
      transport: 'exec',
    }),
  ],
  commands: [
    command(1, {}),
    command(2, {
      state: 'running',
      exit_code: null,
      end_reason: null,
      finished_at: null,
      usage: null,
      output_length: 0,
    }),
    command(3, { state: 'failed', exit_code: 127, end_reason: 'not_found', message: ODD_TEXT[0], pid: null }),
    command(4, { state: 'killed', exit_code: 137, signal: 9, sandbox_id: `sb_${'2'.repeat(20)}` }),
  ],
  meta: [
    { key: 'instance_id', value: 'an-instance' },
    { key: 'odd', value: ODD_TEXT.join('|') },
  ],
  idempotency: [idempotent('answered', '{"id":"sb_1"}'), idempotent('not-answered', null)],
  pulled_images: [{ reference: 'busybox:1', image_id: `sha256:${'ef'.repeat(32)}`, used_at: 1_790_000_000_000 }],
};
