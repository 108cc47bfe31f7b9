import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Lines, textOf } from './support/lines.js';
import { mostMemoryDuring, rssOf } from './support/memory.js';
import { numbered, readAlong, sayNumbered } from './support/numbered-output.js';
import { API_KEY, eventually, Service, type Sandbox } from './support/service.js';

const MB = 1_000_000;
/** The long forms: test/soak/README.md. */
const LINES = Number(process.env.ATOLL_TEST_LINES ?? 1_000_000);
const SLOW_SECONDS = Number(process.env.ATOLL_TEST_SLOW_SECONDS ?? 1);
const PADDING = 'x'.repeat(992);
/** What the service's resident memory may grow by, whatever commands say. */
const MAX_GROWTH = 30 * MB;

/** Bytes per second that a client takes of an answer; it never takes more. */
function readSlowly(service: Service, path: string, bytesPerSecond: number) {
  const state = { bytes: 0, stop: () => undefined as void };
  const call = request(`${service.url}${path}`, { agent: false, headers: { authorization: `Bearer ${API_KEY}` } });
  call.on('response', (answer) => {
    answer.pause();
    const timer = setInterval(() => {
      const chunk = answer.read(Math.min(answer.readableLength, bytesPerSecond / 10)) as Buffer | null;
      state.bytes += chunk?.length ?? 0;
    }, 100);
    state.stop = () => {
      clearInterval(timer);
      call.destroy();
    };
    answer.on('error', () => undefined);
    answer.on('readable', () => undefined);
  });
  call.on('error', () => undefined);
  call.end();
  return state;
}

/** Much output, many readers, many commands. */
describe('commands in bulk', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_MAX_COMMAND_OUTPUT: String(3000 * MB), ATOLL_MAX_LOGS: String(200 * MB) });
    sandbox = await service.sandbox({ resources: { cpus: 1 } });
    for (let warm = 0; warm < 50; warm++) await sandbox.run('true');
  });
  afterAll(() => service.stop());

  it('a million lines come complete', async () => {
    const { command } = await sandbox.sh('seq 1000000');
    const all = await (await Lines.open(service, `${sandbox.path}/cmd/${command.id}/logs?stream=true`)).all();
    expect(all.length).toBe(1_000_001);
    expect(all.findIndex(({ data }, at) => at < 1_000_000 && data !== `${at + 1}\n`)).toBe(-1);
    const { body } = await service.get(`${sandbox.path}/cmd/${command.id}/logs`);
    expect(body.stdout).toBe(textOf(all, 'stdout'));
  });

  it(`${LINES} lines of a thousand bytes come complete, in little memory, while others get their turn`, async () => {
    const timed = async () => {
      const begun = performance.now();
      await sandbox.run('true');
      return performance.now() - begun;
    };
    const idle: number[] = [];
    for (let turn = 0; turn < 20; turn++) idle.push(await timed());
    const run = async (lines: number, took: number[]) => {
      const reading = readAlong(sandbox, await sayNumbered(sandbox, lines));
      let done = false;
      void reading.finally(() => (done = true)).catch(() => undefined);
      while (!done) {
        took.push(await timed());
        await sleep(100);
      }
      expect(await reading).toEqual(numbered(lines));
    };
    // A tenth first: V8 sizes its heap by what is going on, once, and that says nothing about what output costs.
    const start = rssOf(service);
    const warm = await mostMemoryDuring(service, () => run(LINES / 10, []));
    const busy: number[] = [];
    const most = await mostMemoryDuring(service, () => run(LINES, busy));
    const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1];
    const [from, through, to] = [start, warm, most].map((bytes) => (bytes / MB).toFixed(0));
    console.log(
      `${LINES} lines: service RSS ${from} → ${through} in the first tenth → ${to} MB; exec ${median(idle).toFixed(1)} → ${median(busy).toFixed(1)} ms`,
    );
    expect(warm - start).toBeLessThan(2 * MAX_GROWTH);
    expect(most - warm).toBeLessThan(MAX_GROWTH);
  }, 300_000);

  it('a gigabyte that nobody reads along is taken in in little memory', async () => {
    const before = rssOf(service);
    const most = await mostMemoryDuring(service, async () => {
      const id = await sandbox.spawn('sh', ['-c', `yes ${PADDING} | head -c ${1000 * MB}`]);
      const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
      expect(end.command).toMatchObject({ state: 'exited', exit_code: 0, stdout_bytes: 1000 * MB });
    });
    console.log(`nobody reads: service RSS ${(before / MB).toFixed(0)} → at most ${(most / MB).toFixed(0)} MB`);
    expect(most - before).toBeLessThan(MAX_GROWTH);
  }, 120_000);

  it('a slow reader and one that vanishes hold nobody up and cost no memory', async () => {
    const before = rssOf(service);
    const id = await sandbox.spawn('sh', ['-c', 'yes 0123456789012345678901234567890123456789 | head -c 100000000']);
    const path = `${sandbox.path}/cmd/${id}/logs?stream=true`;
    const begun = Date.now();
    const slow = readSlowly(service, path, 1000);
    const gone = readSlowly(service, path, 1_000_000);
    await sleep(300);
    gone.stop();
    const [, end] = (await service.get(`${sandbox.path}/cmd/${id}?wait=true`)).body;
    expect(end.command).toMatchObject({ state: 'exited', stdout_bytes: 100 * MB });
    expect((await sandbox.run('echo', ['meanwhile'])).stdout).toBe('meanwhile\n');
    await sleep(SLOW_SECONDS * 1000);
    expect(slow.bytes).toBeLessThan(((Date.now() - begun) / 1000) * 1500 + 5000);
    expect(rssOf(service) - before).toBeLessThan(MAX_GROWTH);
    slow.stop();
  }, 120_000);

  it('a hundred readers of one stream all get all of it', async () => {
    const id = await sandbox.spawn('sh', [
      '-c',
      'i=0; while [ $i -lt 300 ]; do echo "line $i"; i=$((i+1)); [ $((i % 20)) = 0 ] && sleep 0.05; done',
    ]);
    const expected = Array.from({ length: 300 }, (_, line) => `line ${line}\n`).join('');
    const readers = await Promise.all(
      Array.from({ length: 100 }, () => Lines.open(service, `${sandbox.path}/cmd/${id}/logs?stream=true`)),
    );
    for (const reader of readers) expect(textOf(await reader.all(), 'stdout')).toBe(expected);
  });

  it('200 commands at once in one sandbox, and 600 in a row, end as they should and leave no memory behind', async () => {
    const before = rssOf(service);
    const wide = await service.sandbox({ resources: { cpus: 2 } });
    const ends = await Promise.all(Array.from({ length: 200 }, (_, code) => wide.sh(`echo ${code}; exit ${code}`)));
    expect(ends.map(({ command, stdout }) => [command.exit_code, stdout])).toEqual(
      ends.map((_, code) => [code, `${code}\n`]),
    );
    for (let turn = 0; turn < 60; turn++) await Promise.all(Array.from({ length: 10 }, () => wide.run('true')));
    expect(rssOf(service) - before).toBeLessThan(100 * MB);
  });

  it('20 commands at once in each of 20 sandboxes end as they should', async () => {
    const sandboxes = await Promise.all(
      Array.from({ length: 20 }, () => service.sandbox({ resources: { memory: 64 } })),
    );
    await Promise.all(
      sandboxes.flatMap((one, at) =>
        Array.from({ length: 20 }, async (_, turn) => {
          const { command, stdout } = await one.sh(`echo ${at}-${turn}; exit ${turn}`);
          expect([command.exit_code, stdout]).toEqual([turn, `${at}-${turn}\n`]);
        }),
      ),
    );
    await Promise.all(sandboxes.map(({ path }) => service.delete(path)));
  });

  it('output past the bound for all commands goes, the oldest first, and its loss is told', async () => {
    const small = await Service.start({ ATOLL_MAX_TOTAL_OUTPUT: String(16 * 1_048_576) });
    try {
      const own = await small.sandbox();
      const first = await own.sh('echo first; head -c 9000000 /dev/zero');
      const second = await own.sh('head -c 9000000 /dev/zero; echo second');
      const logs = (id: string) => small.get(`${own.path}/cmd/${id}/logs`);
      const gone = await eventually(
        () => logs(first.command.id),
        ({ body }) => body.truncated === true,
      );
      expect(gone.body.stdout.length).toBeLessThan(9 * MB);
      expect((await logs(second.command.id)).body.stdout).toMatch(/second\n$/);
      const [missing] = await (await Lines.open(small, `${own.path}/cmd/${first.command.id}/logs?stream=true`)).all();
      expect(missing).toMatchObject({ type: 'truncated' });
    } finally {
      await small.stop();
    }
  });
});
