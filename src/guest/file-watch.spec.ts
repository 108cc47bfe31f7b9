import type { ServerHttp2Stream } from 'node:http2';
import { once } from 'node:events';
import type { StreamHandler } from '../../test/support/fake-agent.js';
import { guestOf } from '../../test/support/fake-guest.js';
import type { Config } from '../config/config.js';
import { FileWatch } from './file-watch.js';

const config = { files: { maxWatchedDirectories: 7 }, agent: { callTimeoutMs: 200 } } as Config;
const target = { path: Buffer.from('/d'), user: 'app' };

const watch = async (onStream: StreamHandler) => new FileWatch(config).open(await guestOf(onStream), target, true);

const collected = async <T>(items: AsyncIterable<T>) => {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
};
const internal = expect.objectContaining({ code: 'INTERNAL_ERROR' });

it('asks for all that is wanted, and puts lines together again', async () => {
  let asked = '';
  const { events } = await watch((stream, path) => {
    asked = path;
    stream.write('{"type":"star');
    setTimeout(() => stream.end('ted"}\n{"type":"created","path":"é"}\n{"type":"deleted","path":"x"}\n'), 20);
  });
  expect(await collected(events)).toEqual([
    { type: 'started' },
    { type: 'created', path: 'é' },
    { type: 'deleted', path: 'x' },
  ]);
  expect(asked).toMatch(/^\/files\/watch\?/);
  expect(Object.fromEntries(new URLSearchParams(asked.split('?')[1]))).toMatchObject({
    recursive: '1',
    max_directories: '7',
  });
});

it.each([
  ['no JSON', '<html>\n'],
  ['no event', '{"type":"party"}\n'],
  ['a line without an end', 'x'.repeat(9 * 1_048_576)],
])('does not believe %s', async (_what, said) => {
  const { events } = await watch((stream) => stream.end(said));
  await expect(collected(events)).rejects.toEqual(internal);
});

it('waits for an answer no longer than for any call, and leaves nothing open', async () => {
  let asked: ServerHttp2Stream | undefined;
  await expect(watch((stream) => (asked = stream))).rejects.toMatchObject({ code: 'TIMEOUT' });
  if (!asked!.closed) await once(asked!, 'close');
  expect(asked!.closed).toBe(true);
});

it('ends at the agent too when it is stopped', async () => {
  let asked: ServerHttp2Stream | undefined;
  const { events, stop } = await watch((stream) => (asked = stream).write('{"type":"started"}\n'));
  expect((await events.next()).value).toEqual({ type: 'started' });
  stop();
  if (!asked!.closed) await once(asked!, 'close');
  expect(asked!.closed).toBe(true);
});
