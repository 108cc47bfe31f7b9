import type { Command } from '../store/command.types.js';
import type { OutputWriter } from './output/output-writer.js';

/** A running command whose output is being taken in. */
export class Followed {
  private readonly waiting = new Set<(ended?: Command) => void>();

  constructor(
    readonly writer: OutputWriter,
    /** Of the process; unknown when the service was started after the command, until its agent tells. */
    public pid?: number,
  ) {}

  /** Calls back with each piece of output and at the end. Returns how to stop that. */
  onChange(callback: () => void): () => void {
    const stop = this.writer.onAppend(callback);
    this.waiting.add(callback);
    return () => {
      stop();
      this.waiting.delete(callback);
    };
  }

  /** The command as it ended; undefined when that was given up first, or can't be told here. */
  ended(givenUp: AbortSignal): Promise<Command | undefined> {
    return new Promise((resolve) => {
      const done = (ended?: Command) => {
        this.waiting.delete(done);
        givenUp.removeEventListener('abort', onAbort);
        resolve(ended);
      };
      const onAbort = () => done();
      this.waiting.add(done);
      if (givenUp.aborted) done();
      else givenUp.addEventListener('abort', onAbort);
    });
  }

  /** It is not followed any more: it has ended, or that could not be found out. */
  close(ended?: Command): void {
    for (const callback of [...this.waiting]) callback(ended);
  }
}
