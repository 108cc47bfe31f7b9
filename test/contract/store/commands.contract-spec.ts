import type { Command, CommandPatch, NewCommand } from '../../../src/store/command.types.js';
import { CommandsRepository } from '../../../src/store/commands.repository.js';
import { SandboxesRepository } from '../../../src/store/sandboxes.repository.js';
import { backends, useStore } from './backends.js';
import { newCommand, newSandbox, ODD_TEXT } from './samples.js';

const EXITED: CommandPatch = { state: 'exited', exitCode: 0, finishedAt: 1_790_000_000_001 };

describe.each(backends)('CommandsRepository on $name', (backend) => {
  const context = useStore(backend);
  let repository: CommandsRepository;
  let sandboxes: SandboxesRepository;
  let sandboxId: string;
  beforeAll(() => {
    repository = new CommandsRepository(context.store);
    sandboxes = new SandboxesRepository(context.store);
  });
  beforeEach(async () => {
    sandboxId = (await sandboxes.insert(newSandbox())).id;
  });
  const insert = (given?: Partial<NewCommand>) => repository.insert(newCommand(sandboxId, given));
  const ids = (commands: Command[]) => commands.map(({ id }) => id);

  it('gives a new row its defaults', async () => {
    const given = newCommand(sandboxId);
    const row = await repository.insert(given);
    expect(row).toEqual({
      ...given,
      ordinal: expect.any(Number),
      state: 'running',
      outputLength: 0,
      pid: null,
      finishedAt: null,
      exitCode: null,
      signal: null,
      endReason: null,
      message: null,
      usage: null,
    });
    expect(await repository.get(sandboxId, given.id)).toEqual(row);
  });

  it('keeps every field as it was, odd text and large numbers too', async () => {
    const row = await insert({ argv: [...ODD_TEXT, '\0', '\ud800', 'x'.repeat(1_000_000)], cwd: ODD_TEXT[2] });
    expect((await repository.get(sandboxId, row.id))!.argv).toEqual([
      ...ODD_TEXT,
      '\0',
      '\ud800',
      'x'.repeat(1_000_000),
    ]);
    expect(row.cwd).toBe(ODD_TEXT[2]);
    const end: Required<CommandPatch> = {
      state: 'killed',
      exitCode: 137,
      pid: 4_194_304,
      signal: 9,
      endReason: 'oom',
      message: ODD_TEXT[1],
      finishedAt: 8_640_000_000_000_000,
      outputLength: Number.MAX_SAFE_INTEGER,
      usage: { userMs: 0.5, systemMs: 2 ** 52, maxRssKb: 1e15, stdoutBytes: 2 ** 51, stderrBytes: 0 },
    };
    expect(await repository.finish(row.id, end)).toEqual({ ...row, ...end });
    expect(await repository.get(sandboxId, row.id)).toEqual({ ...row, ...end });
  });

  it('stores an end whatever the message holds', async () => {
    const row = await insert();
    const ended = await repository.finish(row.id, { ...EXITED, message: 'a\0b\udfffc' });
    expect(ended?.message).toBe('a\ufffdb\ufffdc');
  });

  it('leaves out what is no field of a command', async () => {
    const sloppy = { ...newCommand(sandboxId), env: { SECRET: 'x' }, user: 'root' };
    expect(await repository.insert(sloppy)).not.toHaveProperty('env');
  });

  it('finds a command only in its own sandbox', async () => {
    const row = await insert();
    const other = await sandboxes.insert(newSandbox());
    expect(await repository.get(other.id, row.id)).toBeUndefined();
    expect(await repository.get(sandboxId, 'cmd_none')).toBeUndefined();
  });

  it('lists in the order of the start, and counts', async () => {
    const other = await sandboxes.insert(newSandbox());
    const rows: Command[] = [];
    for (let i = 0; i < 12; i++) {
      rows.push(await insert());
      await repository.insert(newCommand(other.id));
    }
    await repository.finish(rows[3].id, EXITED);
    expect(ids(await repository.list(sandboxId))).toEqual(ids(rows));
    expect(ids(await repository.running(sandboxId))).toEqual(ids(rows.filter((_, index) => index !== 3)));
    expect(await repository.count(sandboxId)).toBe(12);
    expect(await repository.count('sb_none')).toBe(0);
    expect(await repository.list('sb_none')).toEqual([]);
  });

  it('goes with its sandbox, and cannot come to one that is gone', async () => {
    const row = await insert();
    await sandboxes.delete(sandboxId);
    expect(await repository.get(sandboxId, row.id)).toBeUndefined();
    expect(await repository.count(sandboxId)).toBe(0);
    await expect(insert()).rejects.toMatchObject({
      kind: 'no_parent',
      code: 'NOT_FOUND',
      message: 'The sandbox was deleted.',
    });
  });

  it('notes progress while it runs', async () => {
    const row = await insert();
    expect(await repository.progress(row.id, { pid: 7 })).toEqual({ ...row, pid: 7 });
    expect(await repository.progress(row.id, { outputLength: 5_000_000_000 })).toMatchObject({
      pid: 7,
      outputLength: 5_000_000_000,
    });
    await repository.finish(row.id, EXITED);
    expect(await repository.progress(row.id, { pid: 8 })).toBeUndefined();
    expect((await repository.get(sandboxId, row.id))!.pid).toBe(7);
  });

  it('ends once, whoever tries', async () => {
    const row = await insert();
    const tries = Array.from({ length: 50 }, (_, exitCode) => repository.finish(row.id, { ...EXITED, exitCode }));
    const won = (await Promise.all(tries)).filter((one) => one !== undefined);
    expect(won).toHaveLength(1);
    expect(await repository.get(sandboxId, row.id)).toEqual(won[0]);
    expect(await repository.finish('cmd_none', EXITED)).toBeUndefined();
  });

  it('ends all that run, but those of the incarnation that lives', async () => {
    const old = [await insert(), await insert()];
    const alive = await insert({ incarnation: 'b'.repeat(16) });
    const done = await insert();
    await repository.finish(done.id, EXITED);
    const elsewhere = await repository.insert(newCommand((await sandboxes.insert(newSandbox())).id));
    const end: CommandPatch = { state: 'killed', exitCode: 137, signal: 9, endReason: 'sandbox_lost', finishedAt: 9 };
    const ended = await repository.finishAll(sandboxId, end, { except: 'b'.repeat(16) });
    expect(ended).toEqual(old.map((row) => ({ ...row, ...end })));
    expect(ids(await repository.running(sandboxId))).toEqual([alive.id]);
    expect(ids(await repository.finishAll(sandboxId, end))).toEqual([alive.id]);
    expect(await repository.finishAll(sandboxId, end)).toEqual([]);
    expect((await repository.get(sandboxId, done.id))!.state).toBe('exited');
    expect((await repository.running(elsewhere.sandboxId)).length).toBe(1);
  });

  it('removes the finished ones that finished first', async () => {
    const rows: Command[] = [];
    for (let i = 0; i < 8; i++) rows.push(await insert());
    const finish = (index: number, finishedAt: number) => repository.finish(rows[index].id, { ...EXITED, finishedAt });
    // 0 runs on; 1 began early but finished last, so that whoever waits for it can still read it.
    for (const [index, at] of [
      [1, 900],
      [2, 300],
      [3, 100],
      [4, 200],
      [5, 300],
      [6, 400],
      [7, 500],
    ] as const)
      await finish(index, at);
    expect(await repository.prune(sandboxId, 100)).toEqual([]);
    expect(await repository.prune(sandboxId, 3)).toEqual([3, 4, 2, 5].map((index) => rows[index].id));
    expect(ids(await repository.list(sandboxId))).toEqual([0, 1, 6, 7].map((index) => rows[index].id));
    expect(await repository.prune(sandboxId, 0)).toHaveLength(3);
    expect(ids(await repository.list(sandboxId))).toEqual([rows[0].id]);
  });

  it('forgets one in any state', async () => {
    const row = await insert();
    expect(await repository.delete(row.id)).toBe(true);
    expect(await repository.delete(row.id)).toBe(false);
  });
});
