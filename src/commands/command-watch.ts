import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { notFound } from '../common/errors/atoll-error.js';
import type { Command } from '../store/command.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { CommandFollower } from './command-follower.js';
import type { Followed } from './followed.js';
import { OutputStore } from './output/output-store.js';

/** A command that runs but is not followed (its sandbox is just being found again) is looked at this often. */
const LOOK_MS = 500;

/** How far a command has come: it is followed, or has ended, or nobody can tell more just now. */
export interface Progress {
  /** Bytes of its log that are there. */
  length: number;
  followed?: Followed;
  ended?: Command;
}

/** Seeing commands to their ends, whoever follows them. */
@Injectable()
export class CommandWatch {
  constructor(
    private readonly commands: CommandsRepository,
    private readonly follower: CommandFollower,
    private readonly output: OutputStore,
  ) {}

  /** Throws NOT_FOUND when it was deleted. */
  async progress(command: Command): Promise<Progress> {
    const followed = this.follower.find(command.id);
    if (followed) return { length: followed.writer.position, followed };
    const now = await this.look(command);
    if (now.state !== 'running') return { length: now.outputLength || (await this.unfollowedLength(now)), ended: now };
    return { length: await this.output.lengthOf(command.sandboxId, command.id) };
  }

  /** Of one that ended with its sandbox while nobody followed it: how much it had said is told by the files alone. */
  private async unfollowedLength({ sandboxId, id, endReason }: Command): Promise<number> {
    return endReason === 'sandbox_stopped' ? this.output.lengthOf(sandboxId, id) : 0;
  }

  /** The command as it ended, or undefined when that was given up. Throws NOT_FOUND when it is deleted before. */
  async end(command: Command, givenUp: AbortSignal): Promise<Command | undefined> {
    while (!givenUp.aborted) {
      const followed = this.follower.find(command.id);
      const end = followed ? await followed.ended(givenUp) : await this.look(command);
      if (end && end.state !== 'running') return end;
      if (!followed) await sleep(LOOK_MS, undefined, { signal: givenUp, ref: false }).catch(() => undefined);
    }
    return undefined;
  }

  /** As it is now. Throws NOT_FOUND. */
  async look({ sandboxId, id }: Command): Promise<Command> {
    const now = await this.commands.get(sandboxId, id);
    if (!now) throw notFound(`the command "${id}" was deleted`);
    return this.withPid(now);
  }

  /** The store learns the pid at the command's end only: one write less for each command. */
  withPid(command: Command): Command {
    return command.pid === null ? { ...command, pid: this.follower.find(command.id)?.pid ?? null } : command;
  }
}
