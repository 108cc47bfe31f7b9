import { Injectable } from '@nestjs/common';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { Config } from '../config/config.js';

/** What a piece of a command's output may take at once. */
const PROBE = Buffer.alloc(64 * 1024);

const WORDS: Record<string, string> = {
  ENOSPC: 'the data directory is full',
  EDQUOT: 'the data directory is full',
  EROFS: 'the data directory is read-only',
  EACCES: 'the data directory may not be written',
  EPERM: 'the data directory may not be written',
  ENOENT: 'the data directory is gone',
  ENOTDIR: 'the data directory is gone',
};

/** Where the embedded store and the output of commands lie. */
@Injectable()
export class DataDirectory {
  private probing?: Promise<void>;

  constructor(private readonly config: Config) {}

  /** Writes there, and takes it away again. Throws what is wrong, in words. Those who ask at once share one answer. */
  check(): Promise<void> {
    this.probing ??= this.probe().finally(() => (this.probing = undefined));
    return this.probing;
  }

  /** Whether less is free than is to be kept free. */
  async isLow(): Promise<boolean> {
    const { bavail, bsize } = await statfs(this.config.dataDir);
    return bavail * bsize < this.config.minFreeDiskBytes;
  }

  private async probe(): Promise<void> {
    const path = join(this.config.dataDir, '.writable');
    try {
      const file = await open(path, 'w', 0o600);
      try {
        await file.writeFile(PROBE);
      } finally {
        await file.close();
        await rm(path, { force: true });
      }
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      throw new Error(WORDS[code] ?? 'the data directory can not be written', { cause: error });
    }
  }
}
