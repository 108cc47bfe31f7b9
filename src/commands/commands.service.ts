import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { badRequest, conflict, notFound } from '../common/errors/atoll-error.js';
import { isCode } from '../common/errors/is-code.js';
import { newId } from '../common/ids.js';
import { absolute } from '../common/paths.js';
import { AgentCommands, StartRefused } from '../guest/agent-commands.js';
import { encodeSpec } from '../guest/encoded-spec.js';
import type { StartRefusal } from '../guest/reports.js';
import { SandboxAccess, type RunningSandbox } from '../sandboxes/sandbox-access.js';
import type { Command } from '../store/command.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { refusedToStart } from './command-ends.js';
import { CommandFollower } from './command-follower.js';
import type { CreateCommandRequest } from './dto/create-command.request.dto.js';
import { CommandHistory } from './command-history.js';

/** Looking costs, and a few more than the bound harm nobody. */
const PRUNE_EVERY = 16;

/** Starting, finding, waiting for and signalling commands. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly agent: AgentCommands,
    private readonly follower: CommandFollower,
    private readonly commands: CommandsRepository,
    private readonly history: CommandHistory,
  ) {}

  /**
   * Starts a command and returns once it runs, or has failed to: a missing executable is a `failed` command, a missing
   * working directory a 400 and no command. 409 when the sandbox is not running.
   */
  async start(idOrName: string, request: CreateCommandRequest): Promise<Command> {
    const sandbox = await this.sandboxes.running(idOrName);
    const spec = specOf(sandbox, request);
    const encoded = encodeSpec(spec); // what is too large is refused before anything is recorded
    // Recorded before it runs, so that no command can run that nobody knows of.
    const incarnation = (await sandbox.guest.session()).peer.incarnation;
    const command = await this.commands.insert({
      ...spec,
      sandboxId: sandbox.row.id,
      incarnation,
      startedAt: Date.now(),
    });
    if (randomInt(PRUNE_EVERY) === 0) void this.history.prune(command.sandboxId);
    try {
      const running = await this.agent.start(sandbox.guest, encoded);
      this.follower.begin(sandbox.guest, command, running);
      return command;
    } catch (error) {
      if (error instanceof StartRefused) return this.refused(command, error.refusal);
      // It may run or not: what the agent knows of it decides, as after a restart of the service.
      await this.follower.resume(command);
      throw error;
    }
  }

  async get(idOrName: string, commandId: string): Promise<Command> {
    const { id } = await this.sandboxes.get(idOrName);
    const command = await this.commands.get(id, commandId);
    if (!command) throw notFound(`no command "${commandId}" in this sandbox`);
    return command;
  }

  async list(idOrName: string): Promise<Command[]> {
    const { id } = await this.sandboxes.get(idOrName);
    return this.commands.list(id);
  }

  /** Its end, if it is still to come. */
  endOf(command: Command): Promise<Command> | undefined {
    if (command.state !== 'running') return undefined;
    // It may have ended since it was read.
    return (
      this.follower.endOf(command.id) ?? this.commands.get(command.sandboxId, command.id).then((now) => now ?? command)
    );
  }

  /** Sends a signal to its process group. 409 when it has finished. */
  async kill(idOrName: string, commandId: string, signal: number): Promise<Command> {
    const command = await this.get(idOrName, commandId);
    const finished = conflict(`the command "${commandId}" has finished`);
    if (command.state !== 'running') throw finished;
    const { guest } = await this.sandboxes.running(idOrName);
    try {
      await this.agent.signal(guest, command.id, signal);
    } catch (error) {
      throw isCode(error, 'NOT_FOUND') || isCode(error, 'CONFLICT') ? finished : error;
    }
    return this.get(idOrName, commandId);
  }

  /** What it has said so far, as pieces of one JSON object. */
  async logs(idOrName: string, commandId: string): Promise<AsyncIterable<string>> {
    return this.history.logs(await this.get(idOrName, commandId));
  }

  private async refused(command: Command, refusal: StartRefusal): Promise<Command> {
    if (refusal.reason === 'not_found' || refusal.reason === 'not_executable' || refusal.reason === 'no_resources') {
      return (await this.commands.finish(command.id, refusedToStart(refusal))) ?? command;
    }
    await this.commands.delete(command.id);
    if (refusal.reason === 'bad_cwd') throw badRequest(`cwd: ${refusal.message}`, { field: 'cwd' });
    throw badRequest(refusal.message);
  }
}

function specOf({ row }: RunningSandbox, { command, args = [], cwd, env }: CreateCommandRequest) {
  return {
    id: newId('cmd'),
    argv: [command, ...args],
    cwd: absolute(row.guest.workingDir, cwd),
    env: { ...Object.fromEntries(row.guest.env.map(splitEnv)), ...env },
    user: row.guest.user,
  };
}

function splitEnv(line: string): [string, string] {
  const at = line.indexOf('=');
  return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
}
