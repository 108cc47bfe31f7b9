import { Injectable } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { outputFolderOf } from '../../common/data-layout.js';
import { Config } from '../../config/config.js';
import { OutputLog } from './output-reader.js';
import { OutputWriter } from './output-writer.js';

/** Where commands' output lies: `<data>/output/<sandbox>/<command>/<position>.log`. */
@Injectable()
export class OutputStore {
  constructor(private readonly config: Config) {}

  fresh(sandboxId: string, commandId: string): OutputWriter {
    return OutputWriter.fresh(this.folder(sandboxId, commandId), this.config.commands.maxOutputBytes);
  }

  resume(sandboxId: string, commandId: string): Promise<OutputWriter> {
    return OutputWriter.resume(this.folder(sandboxId, commandId), this.config.commands.maxOutputBytes);
  }

  /** What is there now; none at all is an empty one. */
  open(sandboxId: string, commandId: string): Promise<OutputLog> {
    return OutputLog.open(this.folder(sandboxId, commandId));
  }

  async remove(sandboxId: string, commandId: string): Promise<void> {
    await rm(this.folder(sandboxId, commandId), { recursive: true, force: true });
  }

  private folder(sandboxId: string, commandId: string): string {
    return join(outputFolderOf(this.config.dataDir, sandboxId), commandId);
  }
}
