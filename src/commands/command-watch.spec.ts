import { aCommand } from '../../test/support/samples.js';
import type { CommandsRepository } from '../store/commands.repository.js';
import type { CommandFollower } from './command-follower.js';
import { CommandWatch } from './command-watch.js';
import type { OutputStore } from './output/output-store.js';

function setUp(row: Parameters<typeof aCommand>[0]) {
  const command = aCommand(row);
  const lengthOf = vi.fn(async () => 42);
  const watch = new CommandWatch(
    { get: async () => command } as unknown as CommandsRepository,
    { find: () => undefined } as unknown as CommandFollower,
    { lengthOf } as unknown as OutputStore,
  );
  return { length: async () => (await watch.progress(command)).length, lengthOf };
}

it('knows by the files how much was said by one that nobody followed as its sandbox stopped', async () => {
  const { length } = setUp({ state: 'killed', endReason: 'sandbox_stopped', outputLength: 0 });
  expect(await length()).toBe(42);
});

it('believes the end that was told', async () => {
  for (const end of [
    { endReason: 'exited', outputLength: 0 },
    { endReason: 'sandbox_stopped', outputLength: 7 },
  ]) {
    const { length, lengthOf } = setUp({ state: 'killed', ...end });
    expect(await length()).toBe(end.outputLength);
    expect(lengthOf).not.toHaveBeenCalled();
  }
});
