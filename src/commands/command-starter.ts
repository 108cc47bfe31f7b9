import { Injectable } from '@nestjs/common';
import { randomInt } from 'node:crypto';
import { badRequest } from '../common/errors/atoll-error.js';
import { toAtollError } from '../common/errors/to-atoll-error.js';
import { commandStartDuration, commandStarts } from '../common/metrics/metrics.js';
import { Config } from '../config/config.js';
import { AgentCommands, StartRefused } from '../guest/agent-commands.js';
import { encodeSpec } from '../guest/encoded-spec.js';
import type { StartRefusal } from '../guest/reports.js';
import type { RunningSandbox } from '../sandboxes/sandbox-access.js';
import type { Command } from '../store/command.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { refusedToStart } from './command-ends.js';
import { CommandFollower } from './command-follower.js';
import { CommandHistory } from './command-history.js';
import { specOf } from './command-spec.js';
import type { CreateCommandRequest } from './dto/create-command.request.dto.js';

/** Looking costs, and a few more than the bound harm nobody. */
const PRUNE_EVERY = 16;

/** Starting commands. */
@Injectable()
export class CommandStarter {
  constructor(
    private readonly config: Config,
    private readonly agent: AgentCommands,
    private readonly follower: CommandFollower,
    private readonly commands: CommandsRepository,
    private readonly history: CommandHistory,
  ) {}

  /**
   * Starts a command and returns once it runs, or has failed to: a missing executable is a `failed` command, a missing
   * working directory a 400 and no command.
   */
  async start(sandbox: RunningSandbox, request: CreateCommandRequest): Promise<Command> {
    const begun = performance.now();
    try {
      const command = await this.begin(sandbox, request);
      commandStarts.inc({ result: command.state === 'failed' ? 'failed' : 'running' });
      commandStartDuration.observe((performance.now() - begun) / 1000);
      return command;
    } catch (error) {
      commandStarts.inc({ result: toAtollError(error).code });
      throw error;
    }
  }

  private async begin({ row, guest }: RunningSandbox, request: CreateCommandRequest): Promise<Command> {
    const spec = specOf(row, request, this.config.commands.killGraceMs);
    const encoded = encodeSpec(spec); // what is too large is refused before anything is recorded
    // Recorded before it runs, so that no command can run that nobody knows of.
    const { incarnation } = (await guest.session()).peer;
    const command = await this.commands.insert({ ...spec, sandboxId: row.id, incarnation, startedAt: Date.now() });
    if (randomInt(PRUNE_EVERY) === 0) void this.history.prune(command.sandboxId);
    const running = await this.agent.start(guest, encoded).catch(async (error: unknown) => {
      if (error instanceof StartRefused) return error.refusal;
      // It may run or not: what the agent knows of it decides, as after a restart of the service.
      await this.follower.resume(command);
      throw error;
    });
    if (!('stream' in running)) return this.refused(command, running);
    const started = { ...command, incarnation: running.incarnation, pid: running.started.pid };
    this.follower.begin(guest, started, running); // first: whatever fails below, it is seen to its end
    // Started anew between two looks at it: a later service would take the command for one that is gone.
    if (running.incarnation !== incarnation)
      await this.commands.progress(command.id, { incarnation: running.incarnation });
    return started;
  }

  private async refused(command: Command, refusal: StartRefusal): Promise<Command> {
    if (refusal.reason === 'not_found' || refusal.reason === 'not_executable' || refusal.reason === 'no_resources') {
      return (await this.commands.finish(command.id, refusedToStart(refusal))) ?? command;
    }
    await this.commands.delete(command.id);
    if (refusal.reason === 'bad_cwd') throw badRequest(`cwd: ${refusal.message}`, { field: 'cwd' });
    if (refusal.reason === 'bad_user') throw badRequest(`user: ${refusal.message}`, { field: 'user' });
    throw badRequest(refusal.message);
  }
}
