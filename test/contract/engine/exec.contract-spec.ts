import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import type { EngineError } from '../../../src/engine/errors.js';
import { BUSYBOX, cleanUp, openSide, randomName, rawDocker, spec, type Side } from './support.js';

const MB = 1 << 20;
const raw = rawDocker();
const volume = randomName('atoll-test-volume');
let side: Side;
let name: string;
let image: string;

beforeAll(async () => {
  side = await openSide();
  image = (await side.images.inspect(BUSYBOX))!.id;
  const made = spec(image, volume, { env: { ATOLL_SANDBOX: 'x', SECRET: 's' } });
  name = made.name;
  await side.containers.create(made);
  await side.containers.start(name);
});

afterAll(async () => {
  await cleanUp(raw, [side.instance], [volume]);
  await side.close();
});

const exec = (...command: string[]) => side.host.openExec(name, command, {});
const processes = async () => {
  const top = (await raw.getContainer(name).top({ ps_args: '-eo pid,args' })) as { Processes: string[][] };
  return top.Processes.map((row) => row.join(' ')).join('\n');
};

/** Writes until the other side takes no more, and says how much that was. */
async function fill(stream: Duplex, chunk: Buffer, limit: number): Promise<number> {
  let written = 0;
  while (written < limit) {
    written += chunk.length;
    if (!stream.write(chunk)) {
      const drained = await Promise.race([once(stream, 'drain').then(() => true), delay(1500).then(() => false)]);
      if (!drained) break;
    }
  }
  return written;
}

it('runs a program as root, with the environment changed and nothing else', async () => {
  const stream = await side.host.openExec(name, ['/bin/sh', '-c', '/bin/env; /bin/id -u; /bin/pwd'], {
    SECRET: undefined,
    ADDED: 'a b=c',
    EMPTY: '',
  });
  const lines = (await text(stream)).split('\n');
  expect(lines).toEqual(expect.arrayContaining(['ATOLL_SANDBOX=x', 'ADDED=a b=c', 'EMPTY=', '0', '/']));
  expect(lines.join()).not.toMatch(/SECRET|HOSTNAME/);
});

it('carries 160 MiB through a program and back, exactly, with bounded memory', async () => {
  const stream = await exec('/bin/cat');
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const block = randomBytes(MB);
  const before = process.memoryUsage().rss;
  let most = 0;
  let bytes = 0;
  const from = performance.now();
  function* source() {
    for (let i = 0; i < 160; i++) {
      const chunk = block.subarray(0, MB - i); // odd lengths
      sent.update(chunk);
      yield chunk;
    }
  }
  await Promise.all([
    pipeline(Readable.from(source()), stream, { end: true }),
    (async () => {
      for await (const chunk of stream as AsyncIterable<Buffer>) {
        received.update(chunk);
        bytes += chunk.length;
        most = Math.max(most, process.memoryUsage().rss);
      }
    })(),
  ]);
  expect(bytes).toBe(160 * MB - (159 * 160) / 2);
  expect(received.digest('hex')).toBe(sent.digest('hex'));
  // Most of it is garbage not yet collected; without backpressure all would be there at once, twice.
  expect(most - before).toBeLessThan(200 * MB);
  console.log(
    `160 MiB through cat: ${(160_000 / (performance.now() - from)).toFixed(0)} MiB/s, RSS +${(most - before) >> 20} MiB`,
  );
});

it('holds a writer back whose output nobody reads, and loses nothing', async () => {
  const stream = await exec('/bin/cat');
  const chunk = randomBytes(65_536);
  const written = await fill(stream, chunk, 64 * MB);
  expect(written).toBeLessThan(32 * MB);
  expect(stream.readableLength).toBeLessThan(MB);
  let bytes = 0;
  stream.end();
  for await (const part of stream as AsyncIterable<Buffer>) bytes += part.length;
  expect(bytes).toBe(written);
});

it('holds a program back that nobody reads', async () => {
  const stream = await exec('/bin/yes');
  await once(stream, 'readable');
  await delay(500);
  expect(stream.readableLength).toBeLessThan(MB);
  stream.destroy();
});

it('holds a writer back whose program does not read', async () => {
  const stream = await exec('/bin/sleep', '1000');
  expect(await fill(stream, randomBytes(65_536), 64 * MB)).toBeLessThan(32 * MB);
  stream.destroy();
});

it("ends the program's input when it is destroyed, and when it is ended", async () => {
  const stream = await exec('/bin/cat', '-', '/dev/null');
  stream.write('x');
  await once(stream, 'readable');
  expect(await processes()).toContain('cat - /dev/null');
  stream.destroy();
  await expect.poll(processes).not.toContain('cat - /dev/null');

  const ended = await exec('/bin/cat', '-');
  ended.end('the last words');
  expect(await text(ended)).toBe('the last words');
  expect(ended.destroyed).toBe(true);
});

it('ends with the program', async () => {
  const stream = await exec('/bin/sh', '-c', '/bin/printf abc; exit 7');
  expect(await text(stream)).toBe('abc');
  stream.on('error', () => undefined);
  const failed = await new Promise((resolve) => stream.write('x', (error) => resolve(error)));
  expect(failed).toBeTruthy();
});

it('ends when the container does', async () => {
  const made = spec(image, volume);
  await side.containers.create(made);
  await side.containers.start(made.name);
  const stream = await side.host.openExec(made.name, ['/bin/cat'], {});
  const closed = new Promise<void>((resolve) => stream.on('error', () => undefined).on('close', () => resolve()));
  stream.resume();
  await side.containers.remove(made.name);
  await closed;
});

it('keeps stderr out of the stream', async () => {
  const stream = await exec('/bin/sh', '-c', 'echo oops >&2; echo fine; echo oops >&2');
  expect(await text(stream)).toBe('fine\n');
  const silent = await exec('/bin/sh', '-c', 'echo why >&2; exit 1');
  const error = (await text(silent).catch((e: unknown) => e)) as EngineError;
  expect(error.kind).toBe('internal');
  expect(error.message).not.toContain('why');
  expect(String(error.cause)).toContain('why');
});

it('says what is wrong', async () => {
  const kind = async (work: Promise<unknown>) =>
    work.then(
      () => 'fine',
      (error: EngineError) => error.kind,
    );
  expect(await kind(side.host.openExec(randomName(), ['/bin/cat'], {}))).toBe('no_such_container');
  expect(await kind(exec('/not/there').then(text))).toBe('internal');
  const made = spec(image, volume);
  await side.containers.create(made);
  expect(await kind(side.host.openExec(made.name, ['/bin/cat'], {}))).toBe('conflict');
  await side.containers.start(made.name);
  await side.containers.pause(made.name);
  expect(await kind(side.host.openExec(made.name, ['/bin/cat'], {}))).toBe('conflict');
  expect(await kind(side.host.openExec(name, ['/bin/cat'], {}, AbortSignal.abort()))).toBe('aborted');
});
