import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { isCode } from '../common/errors/is-code.js';
import { spent } from '../common/spent.js';
import { commandEnds, commandsFollowed } from '../common/metrics/metrics.js';
import { AgentCommands, type Running } from '../guest/agent-commands.js';
import { GuestEnded, type Guest } from '../guest/guest.js';
import { Guests } from '../guest/guests.js';
import type { CommandStream } from '../guest/command-stream.js';
import type { CommandEnd } from '../guest/types.js';
import type { Command, CommandPatch } from '../store/command.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { endedByAgent, endedWithSandbox } from './command-ends.js';
import { Followed } from './followed.js';
import { OutputStore } from './output/output-store.js';
import type { OutputWriter } from './output/output-writer.js';

const RETRY_MS = 250;
const STORE_RETRY_MS = 1000;

/**
 * Takes in what running commands say: output to our files, then the acknowledgement, then the end to the store. One task for each
 * running command, whether anybody waits for it or not; it outlives broken connections, and a new service begins it again.
 */
@Injectable()
export class CommandFollower {
  private readonly logger = new Logger(CommandFollower.name);
  private readonly followed = new Map<string, Followed>();

  constructor(
    private readonly guests: Guests,
    private readonly agent: AgentCommands,
    private readonly commands: CommandsRepository,
    private readonly output: OutputStore,
  ) {}

  /** Undefined when it is not being followed: it has ended, or its sandbox is just being found again. */
  find(id: string): Followed | undefined {
    return this.followed.get(id);
  }

  /** A command that was just started: its stream is there. */
  begin(guest: Guest, command: Command, { stream, started }: Running): void {
    const writer = this.output.fresh(command.sandboxId, command.id);
    this.remember(guest, command, new Followed(writer, started.pid), stream);
  }

  /** A command that ran when the last service ended. */
  async resume(command: Command): Promise<void> {
    const guest = this.guests.find(command.sandboxId);
    const writer = await this.output.resume(command.sandboxId, command.id);
    if (guest) return this.remember(guest, command, new Followed(writer));
    await writer.close();
    await this.commands.finish(command.id, endedWithSandbox('sandbox_lost', writer.position));
  }

  private remember(guest: Guest, command: Command, followed: Followed, stream?: CommandStream): void {
    this.followed.set(command.id, followed);
    commandsFollowed.inc();
    const end = guest.track(this.follow(guest, command, followed, stream));
    const forget = (ended?: Command) => {
      commandsFollowed.dec();
      commandEnds.inc({ reason: ended?.endReason ?? 'unknown' });
      this.followed.delete(command.id);
      followed.close(ended);
    };
    end.then(forget, (error: unknown) => {
      this.logger.error({ err: error, commandId: command.id }, 'following a command failed');
      forget();
    });
  }

  private async follow(guest: Guest, command: Command, followed: Followed, first?: CommandStream): Promise<Command> {
    const { writer } = followed;
    const finish = (patch: CommandPatch) => this.finish(command, { pid: followed.pid ?? null, ...patch });
    let stream = first;
    try {
      for (;;) {
        try {
          stream ??= await this.agent.attach(guest, command.id, writer.position, command.incarnation);
          if (!stream) return await finish(endedWithSandbox('sandbox_lost', writer.position));
          followed.pid ??= stream.pid;
          const ended = await finish(endedByAgent(command, await takeIn(writer, stream)));
          stream.release(); // not before the end is stored
          return ended;
        } catch (error) {
          stream?.detach();
          stream = undefined;
          const reason = endReasonOf(error);
          if (reason) return await finish(endedWithSandbox(reason, writer.position));
          this.logger.debug(
            { err: error as Error, commandId: command.id },
            'lost the stream of a command; attaching again',
          );
          await sleep(RETRY_MS, undefined, { ref: false });
        }
      }
    } finally {
      await writer.close();
    }
  }

  /** Whoever comes second finds it finished already. A store that is away is waited for: the end must not be lost. */
  private async finish(command: Command, patch: CommandPatch): Promise<Command> {
    for (;;) {
      try {
        const finished =
          (await this.commands.finish(command.id, patch)) ?? (await this.commands.get(command.sandboxId, command.id));
        return finished ?? { ...command, ...patch }; // its sandbox was deleted meanwhile
      } catch (error) {
        this.logger.error(
          { err: error as Error, commandId: command.id },
          'could not store the end of a command; trying again',
        );
        await sleep(STORE_RETRY_MS, undefined, { ref: false });
      }
    }
  }
}

/** Output to our files, then the acknowledgement, until the end is told. */
async function takeIn(writer: OutputWriter, stream: CommandStream): Promise<CommandEnd> {
  for await (const event of stream.events()) {
    if (event.type === 'end') return event;
    await writer.append(event.position, event.records);
    stream.acknowledge(writer.position);
    spent(event.records.length);
  }
  throw new Error('unreachable: events() ends with an end or throws');
}

/** Errors that end a command, and as what. All others are passing: a broken connection, a full disk, a slow moment. */
function endReasonOf(error: unknown): 'sandbox_stopped' | 'sandbox_lost' | undefined {
  if (error instanceof GuestEnded) return 'sandbox_stopped';
  // The agent does not know it, or says what no agent of ours says: nothing true can come from there any more.
  if (isCode(error, 'NOT_FOUND') || isCode(error, 'BAD_REQUEST') || isCode(error, 'INTERNAL_ERROR'))
    return 'sandbox_lost';
  return undefined;
}
