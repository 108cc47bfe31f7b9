import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { cursorOf, ordinalOf } from '../common/cursor.js';
import { conflict, notFound } from '../common/errors/atoll-error.js';
import { isCode } from '../common/errors/is-code.js';
import { AgentCommands } from '../guest/agent-commands.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { Command } from '../store/command.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { CommandStarter } from './command-starter.js';
import { CommandWatch } from './command-watch.js';
import type { CreateCommandRequest } from './dto/create-command.request.dto.js';
import type { ListCommandsQuery } from './dto/list-commands.query.dto.js';
import type { StdinWritten } from './dto/stdin.dto.js';

export interface CommandPage {
  commands: Command[];
  /** There when there are more. */
  nextCursor?: string;
}

/** A client's way to the commands of a sandbox. */
@Injectable()
export class CommandsService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly starter: CommandStarter,
    private readonly agent: AgentCommands,
    private readonly commands: CommandsRepository,
    private readonly watch: CommandWatch,
  ) {}

  /** Starts a command; see CommandStarter. 409 when the sandbox is not running. */
  async start(idOrName: string, request: CreateCommandRequest): Promise<Command> {
    const sandbox = await this.sandboxes.running(idOrName);
    return this.orWhy(idOrName, this.starter.start(sandbox, request));
  }

  async get(idOrName: string, commandId: string): Promise<Command> {
    const { id } = await this.sandboxes.get(idOrName);
    const command = await this.commands.get(id, commandId);
    if (!command) throw notFound(`no command "${commandId}" in this sandbox`);
    return this.watch.withPid(command);
  }

  /** In the order of their start, all or page by page. */
  async list(idOrName: string, { state, limit, cursor }: ListCommandsQuery): Promise<CommandPage> {
    const { id } = await this.sandboxes.get(idOrName);
    const after = cursor === undefined ? undefined : ordinalOf(cursor);
    const rows = await this.commands.list(id, { state, after, limit: limit === undefined ? undefined : limit + 1 });
    const page = rows.slice(0, limit).map((row) => this.watch.withPid(row));
    return { commands: page, nextCursor: rows.length > page.length ? cursorOf(page.at(-1)!) : undefined };
  }

  /** Sends a signal to its processes. 409 when it has finished. */
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

  /**
   * Writes to its standard input. Resolves when the command's pipe has taken all, which may take as long as the command pleases.
   * 409 when it has finished, or its standard input is not open.
   */
  async writeStdin(
    idOrName: string,
    commandId: string,
    body: Buffer | Readable,
    { close, signal }: { close: boolean; signal: AbortSignal },
  ): Promise<StdinWritten> {
    const command = await this.get(idOrName, commandId);
    if (command.state !== 'running') throw conflict(`the command "${commandId}" has finished`);
    const { guest } = await this.sandboxes.running(idOrName);
    return this.orWhy(idOrName, this.agent.writeStdin(guest, command.id, { body, close, signal }));
  }

  /** What fails because the sandbox was stopped or deleted meanwhile says so: the truer answer. */
  private async orWhy<T>(idOrName: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      await this.sandboxes.running(idOrName);
      throw error;
    }
  }
}
