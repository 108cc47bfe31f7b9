import { Injectable } from '@nestjs/common';

/** One transition of a sandbox at a time; different sandboxes never wait for each other. */
@Injectable()
export class SandboxLocks {
  private readonly tails = new Map<string, Promise<unknown>>();

  async run<T>(sandboxId: string, work: () => Promise<T>): Promise<T> {
    const before = this.tails.get(sandboxId) ?? Promise.resolve();
    const turn = before.then(work, work);
    const tail = turn.catch(() => undefined);
    this.tails.set(sandboxId, tail);
    try {
      return await turn;
    } finally {
      if (this.tails.get(sandboxId) === tail) this.tails.delete(sandboxId);
    }
  }
}
