import { Injectable } from '@nestjs/common';
import { CommandsRepository } from '../store/commands.repository.js';
import { CommandFollower } from './command-follower.js';

/** What ran when the last service ended is followed again, once the sandboxes are known. */
@Injectable()
export class CommandRecovery {
  constructor(
    private readonly commands: CommandsRepository,
    private readonly follower: CommandFollower,
  ) {}

  async resumeAll(sandboxId: string): Promise<void> {
    for (const command of await this.commands.running(sandboxId)) await this.follower.resume(command);
  }
}
