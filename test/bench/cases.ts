import { randomBytes } from 'node:crypto';
import type { CleanUp, Side } from './side.js';

export interface Case {
  key: string;
  title: string;
  /** At most this part of the raw engine's median (issues 3 and 5). */
  wanted?: number;
  /** Of the iterations that are asked for: what takes long is done less often. */
  share: number;
  /** Rounds before it counts, of ours alone: Node compiles what runs often, and a service is up for more than a minute. */
  warmUp: number;
  run(side: Side): Promise<CleanUp | void>;
  /** Bytes that one run moves: the report then says MB/s too. */
  bytes?: number;
  /** At least so many MB/s, by transport (issue 6). */
  wantedRate?: Record<string, number>;
}

const PATH = '/tmp/bench.txt';
const KIB = Buffer.from('0123456789abcdef'.repeat(64));
const BIG_PATH = '/tmp/bench.bin';
/** Not compressible to anybody on the way. */
const BIG = randomBytes(64 * 1024 * 1024);
const OUTPUT = 100_000_000;

export const CASES: Case[] = [
  { key: 'create', title: 'create → first command', wanted: 0.95, share: 0.2, warmUp: 2, run: (side) => side.create() },
  { key: 'exec', title: 'exec `true`', wanted: 0.08, share: 1, warmUp: 1500, run: (side) => side.exec() },
  { key: 'exec8', title: '8 execs at once', wanted: 0.1, share: 0.3, warmUp: 20, run: (side) => atOnce(8, side) },
  { key: 'exec16', title: '16 clients at once', share: 0.2, warmUp: 10, run: (side) => atOnce(16, side) },
  { key: 'write', title: 'write 1 KiB', wanted: 0.05, share: 1, warmUp: 400, run: (side) => side.write(PATH, KIB) },
  { key: 'read', title: 'read 1 KiB', wanted: 0.05, share: 1, warmUp: 400, run: (side) => readBack(side) },
  { key: 'list', title: 'list 1,000 entries', share: 0.3, warmUp: 50, run: (side) => side.list(1000) },
  {
    key: 'write64',
    title: 'write 64 MiB',
    share: 0.1,
    warmUp: 3,
    bytes: BIG.length,
    wantedRate: { socket: 250, exec: 100 },
    run: (side) => side.writeBytes(BIG_PATH, BIG),
  },
  {
    key: 'read64',
    title: 'read 64 MiB',
    share: 0.1,
    warmUp: 3,
    bytes: BIG.length,
    wantedRate: { socket: 450, exec: 80 },
    run: (side) => readBackBytes(side),
  },
  {
    key: 'output',
    title: '100 MB of output',
    share: 0.05,
    warmUp: 1,
    bytes: OUTPUT,
    run: (side) => side.output(OUTPUT),
  },
  {
    key: 'read-output',
    title: '100 MB of kept output',
    share: 0.05,
    warmUp: 1,
    bytes: OUTPUT,
    run: (side) => side.readOutput(OUTPUT),
  },
];

async function atOnce(count: number, side: Side): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => side.exec()));
}

/** The file of the case before; written by the warm-up where that one was left out. */
async function readBack(side: Side): Promise<void> {
  const content = await side.read(PATH).catch(async () => {
    await side.write(PATH, KIB);
    return side.read(PATH);
  });
  if (!content.equals(KIB)) throw new Error(`${side.name} read back something else`);
}

async function readBackBytes(side: Side): Promise<void> {
  const content = await side.readBytes(BIG_PATH).catch(async () => {
    await side.writeBytes(BIG_PATH, BIG);
    return side.readBytes(BIG_PATH);
  });
  if (content.length !== BIG.length) throw new Error(`${side.name} read back ${content.length} bytes`);
}
