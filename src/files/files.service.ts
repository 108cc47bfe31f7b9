import { Injectable } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import { AtollError } from '../common/errors/atoll-error.js';
import { absolute } from '../common/paths.js';
import { Config } from '../config/config.js';
import { AgentFiles, type FileTarget } from '../guest/agent-files.js';
import type { FileEntry } from '../guest/types.js';
import { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { Sandbox } from '../store/sandbox.types.js';

/** Files of a running sandbox, touched as the image's user. */
@Injectable()
export class FilesService {
  constructor(
    private readonly sandboxes: SandboxAccess,
    private readonly agent: AgentFiles,
    private readonly config: Config,
  ) {}

  /** 404 when there is none, 400 for a directory, 406 when it is not UTF-8. */
  async read(idOrName: string, path: string): Promise<string> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const content = await this.agent.read(guest, target(row, path), this.config.files.maxTextBytes);
    if (!isUtf8(content))
      throw new AtollError('NOT_ACCEPTABLE', `"${path}" is not UTF-8 text, so it can't be read as JSON`);
    return content.toString();
  }

  /** Replaces the content, all or nothing; parents are made. */
  async write(idOrName: string, path: string, content: string): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    const bytes = Buffer.from(content);
    const limit = this.config.files.maxTextBytes;
    if (bytes.length > limit) throw new AtollError('PAYLOAD_TOO_LARGE', `content is larger than ${limit} bytes`);
    await this.agent.write(guest, target(row, path), bytes);
  }

  /** A directory goes with all that is in it. */
  async remove(idOrName: string, path: string): Promise<void> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    await this.agent.remove(guest, target(row, path));
  }

  async list(idOrName: string, path: string): Promise<FileEntry[]> {
    const { row, guest } = await this.sandboxes.running(idOrName);
    return this.agent.list(guest, target(row, path), this.config.files.maxListEntries);
  }
}

function target({ guest }: Sandbox, path: string): FileTarget {
  return { path: Buffer.from(absolute(guest.workingDir, path)), user: guest.user };
}
