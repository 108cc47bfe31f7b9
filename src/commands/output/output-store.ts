import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputFolderOf, outputRoot } from '../../common/data-layout.js';
import { outputBytes } from '../../common/metrics/metrics.js';
import { Config } from '../../config/config.js';
import { OutputBudget } from './output-budget.js';
import { OutputLog } from './output-reader.js';
import { OutputWriter } from './output-writer.js';
import { lengthOf } from './segments.js';

/** After the start; until then the commands that run are found again, whose last files must stay. */
const FIRST_TRIM_MS = 60_000;

/** Where commands' output lies: `<data>/output/<sandbox>/<command>/<position>.log`. */
@Injectable()
export class OutputStore implements OnApplicationBootstrap {
  private readonly logger = new Logger(OutputStore.name);
  private readonly writers = new Set<OutputWriter>();
  private readonly budget: OutputBudget;

  constructor(private readonly config: Config) {
    this.budget = new OutputBudget(
      outputRoot(config.dataDir),
      config.commands.maxTotalOutputBytes,
      (path) => [...this.writers].some((writer) => writer.path === path),
      (error) => this.logger.error({ err: error as Error }, 'could not bound the output of all commands'),
    );
  }

  /** The bound may be lower than it was. */
  onApplicationBootstrap(): void {
    setTimeout(() => void this.budget.trim(), FIRST_TRIM_MS).unref();
  }

  fresh(sandboxId: string, commandId: string): OutputWriter {
    return this.watch(OutputWriter.fresh(this.folder(sandboxId, commandId), this.config.commands.maxOutputBytes));
  }

  async resume(sandboxId: string, commandId: string): Promise<OutputWriter> {
    const { maxOutputBytes } = this.config.commands;
    return this.watch(await OutputWriter.resume(this.folder(sandboxId, commandId), maxOutputBytes));
  }

  /** What is there up to this position; none at all is an empty one. */
  open(sandboxId: string, commandId: string, length: number): Promise<OutputLog> {
    return OutputLog.open(this.folder(sandboxId, commandId), length);
  }

  /** How much is there, by the files: of a command that nobody follows now. */
  lengthOf(sandboxId: string, commandId: string): Promise<number> {
    return lengthOf(this.folder(sandboxId, commandId));
  }

  async remove(sandboxId: string, commandId: string): Promise<void> {
    await rm(this.folder(sandboxId, commandId), { recursive: true, force: true });
  }

  /** Of one command's log. */
  folder(sandboxId: string, commandId: string): string {
    return join(outputFolderOf(this.config.dataDir, sandboxId), commandId);
  }

  private watch(writer: OutputWriter): OutputWriter {
    this.writers.add(writer);
    writer.onWrite = (bytes) => {
      outputBytes.inc(bytes);
      this.budget.add(bytes);
    };
    writer.onClose = () => this.writers.delete(writer);
    return writer;
  }
}
