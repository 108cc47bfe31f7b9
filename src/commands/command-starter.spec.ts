import { aCommand } from '../../test/support/samples.js';
import type { Config } from '../config/config.js';
import { StartRefused, type AgentCommands, type Running } from '../guest/agent-commands.js';
import { SessionLost } from '../guest/agent-errors.js';
import type { Guest } from '../guest/guest.js';
import type { Sandbox } from '../store/sandbox.types.js';
import type { CommandsRepository } from '../store/commands.repository.js';
import { StoreError } from '../store/store.error.js';
import type { CommandFollower } from './command-follower.js';
import type { CommandHistory } from './command-history.js';
import { CommandStarter } from './command-starter.js';

const OLD = 'a'.repeat(16);
const NEW = 'b'.repeat(16);

function setUp(start: () => Promise<Running>) {
  const follower = { begin: vi.fn(), resume: vi.fn(async () => undefined) };
  const commands = {
    insert: vi.fn(async () => aCommand({ incarnation: OLD })),
    finish: vi.fn(async (_id: string, patch: object) => ({ ...aCommand(), ...patch })),
    progress: vi.fn(async () => undefined),
    delete: vi.fn(async () => true),
  };
  const guest = { session: async () => ({ peer: { incarnation: OLD } }) } as unknown as Guest;
  const starter = new CommandStarter(
    { commands: { killGraceMs: 1 } } as Config,
    { start } as unknown as AgentCommands,
    follower as unknown as CommandFollower,
    commands as unknown as CommandsRepository,
    { prune: async () => undefined } as unknown as CommandHistory,
  );
  const row = { id: 'sb_1', guest: { workingDir: '/', env: [], user: '' } } as Partial<Sandbox> as Sandbox;
  const go = () => starter.start({ row, guest }, { command: 'true' });
  return { go, follower, commands };
}

const runningIn = (incarnation: string) => async () =>
  ({ started: { pid: 7, startedAt: 1 }, incarnation, stream: {} }) as Running;

it('follows what runs', async () => {
  const { go, follower, commands } = setUp(runningIn(OLD));
  expect(await go()).toMatchObject({ state: 'running', pid: 7, incarnation: OLD });
  expect(follower.begin).toHaveBeenCalledOnce();
  expect(commands.progress).not.toHaveBeenCalled();
});

it('follows what runs once, though its new incarnation could not be stored', async () => {
  const { go, follower, commands } = setUp(runningIn(NEW));
  commands.progress.mockRejectedValue(new StoreError('unavailable'));
  await expect(go()).rejects.toBeInstanceOf(StoreError);
  expect(follower.begin.mock.calls.map(([, command]) => (command as { incarnation: string }).incarnation)).toEqual([
    NEW,
  ]);
  expect(follower.resume).not.toHaveBeenCalled();
});

it('asks the agent what became of a start that was not answered', async () => {
  const { go, follower } = setUp(() => Promise.reject(new SessionLost()));
  await expect(go()).rejects.toBeInstanceOf(SessionLost);
  expect(follower.resume).toHaveBeenCalledOnce();
});

it('records what did not start as failed, or not at all', async () => {
  const missing = setUp(() =>
    Promise.reject(new StartRefused({ reason: 'not_found', message: 'nosuch: not found', exitCode: 127 })),
  );
  expect(await missing.go()).toMatchObject({ state: 'failed', exitCode: 127, message: 'nosuch: not found' });
  const nowhere = setUp(() => Promise.reject(new StartRefused({ reason: 'bad_cwd', message: '/x' })));
  await expect(nowhere.go()).rejects.toMatchObject({ code: 'BAD_REQUEST', message: 'cwd: /x' });
  expect(nowhere.commands.delete).toHaveBeenCalledOnce();
  expect(nowhere.follower.resume).not.toHaveBeenCalled();
});
