import { aCommand } from '../../test/support/samples.js';
import { conflict } from '../common/errors/atoll-error.js';
import type { AgentCommands } from '../guest/agent-commands.js';
import { SessionLost } from '../guest/agent-errors.js';
import type { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { CommandsRepository } from '../store/commands.repository.js';
import type { CommandStarter } from './command-starter.js';
import type { CommandWatch } from './command-watch.js';
import { CommandsService } from './commands.service.js';

it.each([
  ['stopped meanwhile', conflict('the sandbox "a" is stopped'), 'CONFLICT'],
  ['still running', undefined, 'ENGINE_UNAVAILABLE'],
])('tells why a write to stdin broke: the sandbox is %s', async (_what, why, code) => {
  const running = vi.fn(async () => ({ guest: {} }));
  const sandboxes = { get: async () => ({ id: 'sb_1' }), running } as unknown as SandboxAccess;
  const writeStdin = async () => {
    if (why) running.mockRejectedValueOnce(why);
    throw new SessionLost();
  };
  const service = new CommandsService(
    sandboxes,
    {} as CommandStarter,
    { writeStdin } as unknown as AgentCommands,
    { get: async () => aCommand() } as unknown as CommandsRepository,
    { withPid: (command: unknown) => command } as CommandWatch,
  );
  const writing = service.writeStdin('sb_1', 'cmd_1', Buffer.from('x'), {
    close: false,
    signal: new AbortController().signal,
  });
  await expect(writing).rejects.toMatchObject({ code });
});
