import { Injectable } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Config } from '../../config/config.js';
import { readLogs, type Logs } from './output-reader.js';
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

  logs(sandboxId: string, commandId: string): Promise<Logs> {
    return readLogs(this.folder(sandboxId, commandId), this.config.commands.maxLogsBytes);
  }

  async remove(sandboxId: string, commandId: string): Promise<void> {
    await rm(this.folder(sandboxId, commandId), { recursive: true, force: true });
  }

  private folder(sandboxId: string, commandId: string): string {
    return join(this.config.dataDir, 'output', sandboxId, commandId);
  }
}
