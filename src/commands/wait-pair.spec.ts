import { aCommand } from '../../test/support/samples.js';
import { notFound } from '../common/errors/atoll-error.js';
import type { Command } from '../store/command.types.js';
import type { CommandWatch } from './command-watch.js';
import { waitPair } from './wait-pair.js';

const NOW = aCommand();
const ENDED = aCommand({ state: 'exited', exitCode: 0, finishedAt: 2 });

/** Watches one command whose end is this. */
const watching = (end: (givenUp: AbortSignal) => Promise<Command | undefined>) =>
  ({ end: (_: Command, givenUp: AbortSignal) => end(givenUp), look: async () => NOW }) as unknown as CommandWatch;
const never = watching(
  (givenUp) => new Promise((resolve) => givenUp.addEventListener('abort', () => resolve(undefined))),
);

async function lines(pair: ReturnType<typeof waitPair>) {
  const seen: unknown[] = [];
  for await (const line of pair) seen.push('command' in line ? [line.command.state, line.command.exit_code] : line);
  return seen;
}

it('is the command as it is, and again as it ended', async () => {
  let end: (command: Command) => void = () => undefined;
  const watch = watching(() => new Promise((resolve) => (end = resolve)));
  const pair = waitPair(watch, NOW)[Symbol.asyncIterator]();
  expect((await pair.next()).value).toMatchObject({ command: { state: 'running' } });
  const second = pair.next();
  end(ENDED);
  expect((await second).value).toMatchObject({ command: { state: 'exited', exit_code: 0 } });
  expect(await pair.next()).toEqual({ done: true, value: undefined });
});

it('is twice the same when it has ended already', async () => {
  expect(await lines(waitPair(never, ENDED))).toEqual([
    ['exited', 0],
    ['exited', 0],
  ]);
});

it('lets a reader go at once who leaves before the end', async () => {
  const pair = waitPair(never, NOW)[Symbol.asyncIterator]();
  await pair.next();
  const waiting = pair.next();
  await pair.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

it('ends with the command as it is when its time is over', async () => {
  expect(await lines(waitPair(never, NOW, 20))).toEqual([
    ['running', undefined],
    ['running', undefined],
  ]);
});

it('tells what went wrong in a last line', async () => {
  const watch = watching(async () => {
    throw notFound('it was deleted');
  });
  expect(await lines(waitPair(watch, NOW))).toEqual([
    ['running', undefined],
    { type: 'error', code: 'NOT_FOUND', message: 'it was deleted' },
  ]);
});
