import type { ContainerInfo } from '../engine/types.js';
import { endedState } from './sandbox-states.js';

const container = { status: 'exited', exitCode: 3, finishedAt: new Date(1_000_150) } as ContainerInfo;

it('records when the engine saw it end, but never before it began, whatever the engine’s clock says', () => {
  expect(endedState(container, 1_000_000)).toMatchObject({ status: 'stopped', finishedAt: 1_000_150, exitCode: 3 });
  expect(endedState(container, 1_000_300)).toMatchObject({ finishedAt: 1_000_300 });
  expect(endedState(container)).toMatchObject({ finishedAt: 1_000_150 });
});
