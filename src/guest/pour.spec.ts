import { PassThrough, Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { AtollError } from '../common/errors/atoll-error.js';
import { pour } from './pour.js';

/** A sink that takes a chunk when the test says so. */
function slowSink() {
  const taken: Buffer[] = [];
  const waiting: (() => void)[] = [];
  const sink = new Writable({
    highWaterMark: 1,
    write: (chunk: Buffer, _encoding, done) => {
      taken.push(chunk);
      waiting.push(done);
    },
  });
  return { sink, taken, take: () => waiting.shift()?.() };
}

it('sends all there is, and ends', async () => {
  const sink = new PassThrough();
  await pour(Readable.from([Buffer.from('a'), Buffer.from('b')]), sink);
  expect(sink.writableEnded).toBe(true);
  expect(String(await sink.toArray())).toBe('a,b');
});

it('goes half a MiB ahead of what is taken at most, and without a bound waits as long as that lasts', async () => {
  const { sink, taken, take } = slowSink();
  let made = 0;
  const source = Readable.from(
    (function* () {
      for (; made < 9; made++) yield Buffer.alloc(200_000);
    })(),
    { highWaterMark: 1 },
  );
  const poured = pour(source, sink);
  await sleep(50);
  expect(made).toBeGreaterThan(1);
  expect(made).toBeLessThan(6);
  expect(taken).toHaveLength(1);
  for (let i = 0; i < 9; i++) {
    take();
    await sleep(5);
  }
  await poured;
  expect(taken).toHaveLength(9);
});

it('gives up where nothing moves for too long, or too much comes', async () => {
  const bounds = { idleMs: 20, limit: 3 };
  const silent = () => new Readable({ read: () => undefined });
  await expect(pour(silent(), new PassThrough(), bounds)).rejects.toMatchObject({ code: 'TIMEOUT' });
  const much = Readable.from([Buffer.alloc(4)]);
  await expect(pour(much, new PassThrough(), bounds)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
});

it.each([
  ['an error of anybody', new Error('reset'), { code: 'BAD_REQUEST' }],
  ['an error of ours', new AtollError('TIMEOUT', 'late'), { code: 'TIMEOUT', message: 'late' }],
  ['no error', undefined, { code: 'BAD_REQUEST' }],
])('leaves the sink open when the source breaks off with %s', async (_what, error, thrown) => {
  const source = new Readable({ read: () => undefined });
  const sink = new PassThrough();
  const poured = pour(source, sink);
  source.destroy(error);
  await expect(poured).rejects.toMatchObject(thrown);
  expect(sink.writable).toBe(true);
});

it('is done when the sink goes, and throws the rest of the source away', async () => {
  const source = new Readable({ read: () => undefined });
  const sink = new PassThrough();
  const poured = pour(source, sink);
  sink.destroy();
  await poured;
  source.push('more');
  source.push(null);
  await expect.poll(() => source.readableEnded).toBe(true);
});
