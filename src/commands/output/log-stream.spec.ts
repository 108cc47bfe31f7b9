import { join } from 'node:path';
import { record } from '../../../test/support/records.js';
import { aCommand } from '../../../test/support/samples.js';
import { tempFolder } from '../../../test/support/temp-folder.js';
import { notFound } from '../../common/errors/atoll-error.js';
import type { CommandWatch, Progress } from '../command-watch.js';
import { Followed } from '../followed.js';
import { exitOf, ndjson } from './lines/render.js';
import { LogStream, type LogStreamOptions } from './log-stream.js';
import { OutputWriter } from './output-writer.js';

const temp = await tempFolder();
let count = 0;

/** A running command of which these tests are the agent. */
function setUp(options: Partial<LogStreamOptions> = {}) {
  const folder = join(temp, String(++count));
  const writer = OutputWriter.fresh(folder, 1_000_000);
  const followed = new Followed(writer);
  const stopped = vi.fn();
  const onChange = followed.onChange.bind(followed);
  followed.onChange = (callback) => {
    const stop = onChange(callback);
    return () => {
      stopped();
      stop();
    };
  };
  const command = aCommand();
  const progress = vi.fn<() => Promise<Progress>>(async () => ({ length: writer.position, followed }));
  const watch = { progress, look: async () => command } as unknown as CommandWatch;
  const stream = new LogStream(watch, command, {
    folder,
    after: 0,
    streams: new Set(['stdout', 'stderr']),
    wholeCharacters: true,
    rendering: ndjson('utf8'),
    last: exitOf,
    ...options,
  });
  const say = (text: string, timeMs = Date.now()) => writer.append(writer.position, record(text, 'stdout', timeMs));
  const end = () => {
    const ended = aCommand({ state: 'exited', exitCode: 0, outputLength: writer.position });
    progress.mockResolvedValue({ length: writer.position, ended });
    followed.close(ended);
  };
  return { iterator: stream[Symbol.asyncIterator](), say, end, stopped, progress, followed, writer };
}

const next = async (iterator: AsyncIterator<string | Buffer>) => String((await iterator.next()).value);

it('sends the headers at once, then each line as it comes, then the exit', async () => {
  const { iterator, say, end } = setUp();
  expect(await next(iterator)).toBe('');
  const waiting = next(iterator);
  await say('one\n');
  expect(JSON.parse(await waiting)).toMatchObject({ type: 'stdout', data: 'one\n' });
  const last = next(iterator);
  end();
  expect(JSON.parse(await last)).toMatchObject({ type: 'exit', exit_code: 0 });
  expect(await iterator.next()).toEqual({ done: true, value: undefined });
});

it('lets go of everything when its client leaves in a silence', async () => {
  const { iterator, stopped } = setUp();
  await next(iterator);
  const waiting = iterator.next();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await iterator.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(stopped).toHaveBeenCalled();
});

it('hands out an unfinished line by its own clock, however the one in the sandbox goes', async () => {
  const { iterator, say } = setUp();
  await next(iterator);
  await say('half', Date.now() + 3_600_000);
  const begun = Date.now();
  expect(JSON.parse(await next(iterator))).toMatchObject({ data: 'half' });
  expect(Date.now() - begun).toBeLessThan(1000);
  await iterator.return?.();
});

it('gives signs of life in a silence only, and ends at its deadline', async () => {
  const { iterator, say } = setUp({ heartbeatMs: 60, deadlineMs: 300, last: ({ state }) => ({ state }) });
  await next(iterator);
  await say('word\n');
  const seen: string[] = [];
  for (let some = await iterator.next(); !some.done; some = await iterator.next()) seen.push(String(some.value));
  expect(seen[0]).toContain('word');
  expect(seen.filter((text) => text.includes('heartbeat')).length).toBeGreaterThanOrEqual(2);
  expect(seen.at(-1)).toBe('{"state":"running"}\n');
});

it('does so whatever becomes of the wall clock', async () => {
  const { iterator } = setUp({ heartbeatMs: 60, deadlineMs: 400 });
  const wall = vi.spyOn(Date, 'now');
  try {
    await next(iterator);
    expect(await next(iterator)).toContain('heartbeat');
    wall.mockReturnValue(Date.now() - 3_600_000);
    expect(await next(iterator)).toContain('heartbeat');
    while (!(await iterator.next()).done); // and to its deadline
  } finally {
    wall.mockRestore();
  }
});

it('tells in a last line what went wrong', async () => {
  const { iterator, progress } = setUp();
  progress.mockRejectedValue(notFound('it was deleted'));
  await next(iterator);
  expect(JSON.parse(await next(iterator))).toEqual({ type: 'error', code: 'NOT_FOUND', message: 'it was deleted' });
  expect((await iterator.next()).done).toBe(true);
});

it('misses no end that comes between being told of the command and listening to it', async () => {
  const { iterator, end, progress, followed, writer } = setUp();
  await next(iterator);
  progress.mockImplementationOnce(async () => {
    queueMicrotask(end);
    return { length: writer.position, followed };
  });
  expect(JSON.parse(await next(iterator))).toMatchObject({ type: 'exit' });
});

it('says at its deadline that the command runs, when not all that it said before its end was read', async () => {
  const { iterator, say, end } = setUp({ deadlineMs: 50, last: ({ state }) => ({ state }) });
  await next(iterator);
  await say('one\n');
  expect(await next(iterator)).toContain('one');
  await say('two\n'); // and the client is slow
  end();
  await new Promise((resolve) => setTimeout(resolve, 80));
  const rest: string[] = [];
  for (let some = await iterator.next(); !some.done; some = await iterator.next()) rest.push(String(some.value));
  const text = rest.join('');
  expect([text.includes('two'), text.includes('exited')]).not.toEqual([false, true]);
});

it('ends at its deadline, however much there is still to read', async () => {
  const { iterator, say, writer } = setUp({ deadlineMs: 50, last: ({ state }) => ({ state }) });
  for (let at = 0; at < 10; at++) await say(`${'x'.repeat(60_000)}\n`);
  await next(iterator);
  expect(await next(iterator)).toContain('x');
  await new Promise((resolve) => setTimeout(resolve, 80));
  const rest: string[] = [];
  for (let some = await iterator.next(); !some.done; some = await iterator.next()) rest.push(String(some.value));
  expect(rest.at(-1)).toBe('{"state":"running"}\n');
  expect(rest.join('').length).toBeLessThan(writer.position / 2);
});

it('hands on what is many lines in small pieces, which hold nobody up and cost a slow client little', async () => {
  const { iterator, say, end } = setUp();
  await say('\n'.repeat(65_536));
  end();
  let lines = 0;
  for (let some = await iterator.next(); !some.done; some = await iterator.next()) {
    expect(some.value.length).toBeLessThan(256 * 1024);
    lines += String(some.value).split('\n').length - 1;
  }
  expect(lines).toBe(65_536 + 1);
});
