import { aCommand } from '../../test/support/samples.js';
import { waitPair } from './wait-pair.js';

const NOW = aCommand();
const ENDED = aCommand({ state: 'exited', exitCode: 0, finishedAt: 2 });
const states = async (pair: ReturnType<typeof waitPair>) => {
  const seen: unknown[] = [];
  for await (const { command } of pair) seen.push([command.state, command.exit_code]);
  return seen;
};

it('is the command as it is, and again as it ended', async () => {
  let end: (command: typeof ENDED) => void = () => undefined;
  const pair = waitPair(NOW, new Promise((resolve) => (end = resolve)))[Symbol.asyncIterator]();
  expect((await pair.next()).value).toMatchObject({ command: { state: 'running' } });
  const second = pair.next();
  end(ENDED);
  expect((await second).value).toMatchObject({ command: { state: 'exited', exit_code: 0 } });
  expect(await pair.next()).toEqual({ done: true, value: undefined });
});

it('is twice the same when it has ended already', async () => {
  expect(await states(waitPair(ENDED, undefined))).toEqual([
    ['exited', 0],
    ['exited', 0],
  ]);
});

it('lets a reader go at once who leaves before the end', async () => {
  const pair = waitPair(NOW, new Promise(() => undefined))[Symbol.asyncIterator]();
  await pair.next();
  const waiting = pair.next();
  await pair.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
});

it('fails when following the command does', async () => {
  const end = Promise.reject(new Error('disk'));
  await expect(states(waitPair(NOW, end))).rejects.toThrow('disk');
});
