import type { CommandEnd } from '../guest/types.js';
import { endedByAgent } from './command-ends.js';

const end = { exitCode: 0, finishedAt: 1_000_150, length: 0 } as CommandEnd;

it('records when the agent saw it end, but never before it began, whatever the clock of the engine’s host says', () => {
  expect(endedByAgent({ startedAt: 1_000_000 }, end).finishedAt).toBe(1_000_150);
  expect(endedByAgent({ startedAt: 1_000_300 }, end).finishedAt).toBe(1_000_300);
});
