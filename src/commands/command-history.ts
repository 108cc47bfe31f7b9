import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { OutputStore } from './output/output-store.js';

/** How many commands are kept. */
@Injectable()
export class CommandHistory {
  private readonly logger = new Logger(CommandHistory.name);

  constructor(
    private readonly config: Config,
    private readonly commands: CommandsRepository,
    private readonly output: OutputStore,
  ) {}

  /** Forgets the oldest finished commands past the bound, with their output. Never throws: it is nobody's request. */
  async prune(sandboxId: string): Promise<void> {
    try {
      const forgotten = await this.commands.prune(sandboxId, this.config.commands.maxPerSandbox);
      for (const id of forgotten) await this.output.remove(sandboxId, id);
    } catch (error) {
      this.logger.error({ err: error as Error, sandboxId }, 'could not forget old commands');
    }
  }
}
