import { Logger } from '@nestjs/common';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { record } from '../../test/support/records.js';
import { aCommand } from '../../test/support/samples.js';
import { readLogs } from '../../test/support/read-logs.js';
import { tempFolder } from '../../test/support/temp-folder.js';
import { badRequest, notFound } from '../common/errors/atoll-error.js';
import type { Config } from '../config/config.js';
import type { AgentCommands, Running } from '../guest/agent-commands.js';
import { SessionLost } from '../guest/agent-errors.js';
import type { CommandStream } from '../guest/command-stream.js';
import { GuestEnded, type Guest } from '../guest/guest.js';
import type { Guests } from '../guest/guests.js';
import type { CommandEvent } from '../guest/types.js';
import type { Command } from '../store/command.types.js';
import type { CommandsRepository } from '../store/commands.repository.js';
import { CommandFollower } from './command-follower.js';
import { OutputStore } from './output/output-store.js';
import { OutputWriter } from './output/output-writer.js';

Logger.overrideLogger(false);
const temp = await tempFolder();
const MB = 1024 * 1024;
const config = {
  dataDir: temp,
  commands: { maxOutputBytes: MB, maxLogsBytes: MB, maxTotalOutputBytes: 100 * MB },
} as Config;
const output = new OutputStore(config);

const END = {
  type: 'end',
  exitCode: 3,
  finishedAt: 9,
  length: 100,
  oom: false,
  userMs: 1,
  systemMs: 2,
  maxRssKb: 3,
  timedOut: false,
  stdoutBytes: 6,
  stderrBytes: 0,
} as const satisfies CommandEvent;
const said = (position: number, text: string): CommandEvent => ({ type: 'output', position, records: record(text) });

/** A stream that says these things, then fails if there is an error. */
function stream(events: CommandEvent[], error?: Error) {
  return {
    async *events() {
      yield* events;
      if (error) throw error;
    },
    acknowledge: vi.fn(),
    release: vi.fn(),
    detach: vi.fn(),
  };
}

const stdoutOf = async ({ sandboxId, id }: Command) => (await readLogs(output.folder(sandboxId, id), MB)).stdout;

const running = (first: ReturnType<typeof stream>) =>
  ({ stream: first as unknown as CommandStream, started: { pid: 7, startedAt: 1 } }) as Running;

const endOf = (follower: CommandFollower, { id }: Command) => follower.find(id)?.ended(new AbortController().signal);

let count = 0;
function setUp(found = true) {
  const command = aCommand({ id: `cmd_${++count}` });
  const rows = new Map([[command.id, command]]);
  const commands = {
    finish: vi.fn(async (id: string, patch: Partial<Command>) => {
      const row = rows.get(id);
      if (row?.state !== 'running') return undefined;
      const ended = { ...row, ...patch };
      rows.set(id, ended);
      return ended;
    }),
    get: async (_sandbox: string, id: string) => rows.get(id),
  };
  const attach = vi.fn<AgentCommands['attach']>();
  const guest = { track: <T>(task: Promise<T>) => task } as unknown as Guest;
  const guests = { find: () => (found ? guest : undefined) } as unknown as Guests;
  const agent = { attach } as unknown as AgentCommands;
  const follower = new CommandFollower(guests, agent, commands as unknown as CommandsRepository, output);
  const attachTo = (next: ReturnType<typeof stream>) => attach.mockResolvedValueOnce(next as unknown as CommandStream);
  return { follower, guest, command, attach, attachTo, commands, rows };
}

it('takes output in, acknowledges it, records the end and releases the command, in this order', async () => {
  const { follower, guest, command, commands } = setUp();
  const only = stream([said(0, 'one'), said(15, 'two'), END]);
  follower.begin(guest, command, running(only));
  const ended = await endOf(follower, command);
  expect(ended).toMatchObject({
    state: 'exited',
    exitCode: 3,
    endReason: 'exited',
    finishedAt: 9,
    outputLength: 100,
    pid: 7,
  });
  expect(only.acknowledge.mock.calls).toEqual([[15], [30]]);
  expect(only.release.mock.invocationCallOrder[0]).toBeGreaterThan(commands.finish.mock.invocationCallOrder[0]);
  expect(await stdoutOf(command)).toBe('onetwo');
  expect(follower.find(command.id)).toBeUndefined();
});

it('goes on at the right position after its connection broke', async () => {
  const { follower, guest, command, attach, attachTo } = setUp();
  const first = stream([said(0, 'one')], new SessionLost());
  attach.mockRejectedValueOnce(new SessionLost());
  attachTo(stream([said(0, 'one'), said(15, 'two'), END])); // and does not write twice what comes twice
  follower.begin(guest, command, running(first));
  expect(await endOf(follower, command)).toMatchObject({ state: 'exited' });
  expect(first.detach).toHaveBeenCalledOnce();
  expect(attach.mock.calls.map(([, id, from, incarnation]) => [id, from, incarnation])).toEqual([
    [command.id, 15, command.incarnation],
    [command.id, 15, command.incarnation],
  ]);
  expect(await stdoutOf(command)).toBe('onetwo');
});

it('tries again when the disk is full, and acknowledges nothing before it has it', async () => {
  const { follower, guest, command, attachTo } = setUp();
  const append = vi.spyOn(OutputWriter.prototype, 'append').mockRejectedValueOnce(new Error('ENOSPC'));
  const first = stream([said(0, 'one'), END]);
  attachTo(stream([said(0, 'one'), END]));
  follower.begin(guest, command, running(first));
  expect(await endOf(follower, command)).toMatchObject({ state: 'exited' });
  append.mockRestore();
  expect(first.acknowledge).not.toHaveBeenCalled();
  expect(await stdoutOf(command)).toBe('one');
});

it('does not lose the end when the store is away for a moment', async () => {
  const { follower, guest, command, commands, rows } = setUp();
  commands.finish.mockRejectedValueOnce(new Error('the database is away'));
  const only = stream([END]);
  follower.begin(guest, command, running(only));
  expect(await endOf(follower, command)).toMatchObject({ state: 'exited' });
  expect(rows.get(command.id)).toMatchObject({ state: 'exited' });
  expect(only.release).toHaveBeenCalledOnce();
});

it.each([
  ['GuestEnded', new GuestEnded(), 'sandbox_stopped'],
  ['that the agent does not know it', notFound('no command'), 'sandbox_lost'],
  ['that the agent has no such position', badRequest('past the end'), 'sandbox_lost'],
])('ends a command as killed on %s', async (_what, error, endReason) => {
  const { follower, guest, command, attach } = setUp();
  attach.mockRejectedValueOnce(error);
  follower.begin(guest, command, running(stream([said(0, 'one')], new SessionLost())));
  expect(await endOf(follower, command)).toMatchObject({
    state: 'killed',
    exitCode: 137,
    signal: 9,
    endReason,
    outputLength: 15,
  });
});

it('ends a command whose agent says what no agent of ours says', async () => {
  const { follower, guest, command, attach } = setUp();
  follower.begin(guest, command, running(stream([{ type: 'output', position: 0, records: Buffer.alloc(20) }])));
  expect(await endOf(follower, command)).toMatchObject({ state: 'killed', endReason: 'sandbox_lost' });
  expect(attach).not.toHaveBeenCalled();
});

it('ends a command of an older incarnation as lost', async () => {
  const { follower, guest, command, attach } = setUp();
  attach.mockResolvedValueOnce(undefined);
  follower.begin(guest, command, running(stream([], new SessionLost())));
  expect(await endOf(follower, command)).toMatchObject({ state: 'killed', endReason: 'sandbox_lost' });
});

it('records a death by signal, one by memory, and a time limit', async () => {
  for (const [end, wanted] of [
    [
      { ...END, exitCode: 143, signal: 15 },
      { state: 'killed', exitCode: 143, signal: 15, endReason: 'signaled' },
    ],
    [
      { ...END, exitCode: 137, signal: 9, oom: true },
      { state: 'killed', exitCode: 137, endReason: 'oom' },
    ],
    [
      { ...END, timedOut: true },
      { state: 'exited', exitCode: 3, endReason: 'timeout' },
    ],
  ] as const) {
    const { follower, guest, command } = setUp();
    follower.begin(guest, command, running(stream([end])));
    expect(await endOf(follower, command)).toMatchObject(wanted);
  }
});

it('does not end a command twice: the first end stays', async () => {
  const { follower, guest, command, rows } = setUp();
  const already = { ...command, state: 'killed' as const, exitCode: 137 };
  rows.set(command.id, already);
  follower.begin(guest, command, running(stream([END])));
  expect(await endOf(follower, command)).toEqual(already);
});

it('has an answer for those who wait when the sandbox was deleted meanwhile', async () => {
  const { follower, guest, command, rows } = setUp();
  rows.clear();
  follower.begin(guest, command, running(stream([END])));
  expect(await endOf(follower, command)).toMatchObject({ id: command.id, state: 'exited' });
});

describe('after a restart of the service', () => {
  it('goes on behind what is there', async () => {
    const { follower, command, attach, attachTo } = setUp();
    const writer = output.fresh(command.sandboxId, command.id);
    await writer.append(0, record('one'));
    await writer.close();
    attachTo(stream([said(15, 'two'), END]));
    await follower.resume(command);
    await endOf(follower, command);
    expect(attach.mock.calls[0][2]).toBe(15);
    expect(await stdoutOf(command)).toBe('onetwo');
  });

  it('ends a command whose sandbox is gone', async () => {
    const { follower, command, rows } = setUp(false);
    const close = vi.spyOn(OutputWriter.prototype, 'close');
    await follower.resume(command);
    expect(close).toHaveBeenCalledOnce(); // or the store would count it among those who write, for ever
    close.mockRestore();
    expect(rows.get(command.id)).toMatchObject({ state: 'killed', endReason: 'sandbox_lost' });
  });

  it('goes on when a power cut broke what was there', async () => {
    const { follower, command, attachTo } = setUp();
    const writer = output.fresh(command.sandboxId, command.id);
    await writer.append(0, record('one'));
    await writer.close();
    await appendFile(join(temp, 'output', command.sandboxId, command.id, '0.log'), Buffer.alloc(100));
    attachTo(stream([END]));
    await follower.resume(command);
    expect(await endOf(follower, command)).toMatchObject({ state: 'exited' });
  });
});
