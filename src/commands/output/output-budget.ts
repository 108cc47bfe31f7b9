import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { removeSegment, segmentsOf, type Segment } from './segments.js';

/** Room is made for a while, since looking at everything is not cheap. */
const MAKE_ROOM = 0.9;
/** … and not done again at once where too little could be removed. */
const PAUSE_MS = 5000;
/** Nor at each word of a command that drops as much as it says: the sum of what was written grows then, what there is does not. */
const LEAST_PAUSE_MS = 100;
/** Looking takes a tenth of the time at most. */
const PAUSE_FACTOR = 9;

type Old = Segment & { bytes: number; writtenAt: number };

/**
 * Bounds the output of all commands together: past the bound the files that were written longest ago go. The last one of a command that
 * runs stays: it would go on writing to a file that nobody finds, and the next service learns from it how far the log goes.
 */
export class OutputBudget {
  private total = 0;
  private trimming?: Promise<void>;
  private notBefore = 0;
  private later?: NodeJS.Timeout;

  constructor(
    /** `<data>/output`: a folder for each sandbox, with one for each command. */
    private readonly root: string,
    private readonly maxBytes: number,
    /** Whether a file is the last one of a command that runs. */
    private readonly isNeeded: (path: string) => boolean,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Output has been written. */
  add(bytes: number): void {
    this.total += bytes;
    if (this.total <= this.maxBytes || this.later) return;
    const look = () => {
      this.later = undefined;
      void this.trim();
    };
    const wait = this.notBefore - performance.now();
    if (wait > 0) this.later = setTimeout(look, wait).unref();
    else look();
  }

  /** Looks at all that is there, and removes what is past the bound. Never throws. */
  trim(): Promise<void> {
    this.trimming ??= this.makeRoom()
      .catch(this.onError)
      .finally(() => {
        this.trimming = undefined;
      });
    return this.trimming;
  }

  private async makeRoom(): Promise<void> {
    const begun = performance.now();
    try {
      await this.removeOldest();
    } finally {
      const now = performance.now();
      const pause = Math.max(LEAST_PAUSE_MS, (now - begun) * PAUSE_FACTOR);
      this.notBefore = now + (this.total > this.maxBytes ? Math.max(PAUSE_MS, pause) : pause);
    }
  }

  private async removeOldest(): Promise<void> {
    const files = await this.files();
    this.total = files.reduce((sum, { bytes }) => sum + bytes, 0);
    if (this.total <= this.maxBytes) return;
    const oldestFirst = files.filter(({ path }) => !this.isNeeded(path)).sort((a, b) => a.writtenAt - b.writtenAt);
    for (const file of oldestFirst) {
      if (this.total <= this.maxBytes * MAKE_ROOM) return;
      await removeSegment(file);
      this.total -= file.bytes;
    }
  }

  private async files(): Promise<Old[]> {
    const files: Old[] = [];
    for (const sandbox of await namesIn(this.root)) {
      for (const command of await namesIn(join(this.root, sandbox))) {
        for (const segment of await segmentsOf(join(this.root, sandbox, command))) {
          const about = await stat(segment.path).catch(() => undefined); // removed meanwhile
          if (about) files.push({ ...segment, bytes: about.size, writtenAt: about.mtimeMs });
        }
      }
    }
    return files;
  }
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
}
