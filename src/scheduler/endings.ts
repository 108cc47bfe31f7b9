import { Injectable, Logger } from '@nestjs/common';
import { EngineGate } from '../engine/engine-gate.js';
import { SandboxLifecycle } from '../sandboxes/sandbox-lifecycle.js';
import { Backoff } from './backoff.js';

/**
 * Ends sandboxes whose time has come, each by itself: one that takes long, or fails, holds nobody else up. What fails is told once, and tried again less
 * and less often; while the engine is away nothing is tried.
 */
@Injectable()
export class Endings {
  private readonly logger = new Logger(Endings.name);
  private readonly underWay = new Set<string>();
  private readonly backoff = new Backoff();

  constructor(
    private readonly lifecycle: SandboxLifecycle,
    private readonly gate: EngineGate,
  ) {
    gate.reopened.subscribe(() => this.forgetAllBut(new Set())); // what failed when the engine went is tried at once
  }

  /** How many are left alone for now, at most. Whoever looks for others must look further by so many. */
  get held(): number {
    return this.underWay.size + this.backoff.size;
  }

  expire(sandboxId: string): void {
    this.once(sandboxId, () => this.lifecycle.expire(sandboxId));
  }

  retire(sandboxId: string, endedBefore: number): void {
    this.once(sandboxId, () => this.lifecycle.retire(sandboxId, endedBefore));
  }

  /** The time of no others has come: what they failed at is no more. */
  forgetAllBut(sandboxIds: ReadonlySet<string>): void {
    this.backoff.keep(sandboxIds);
  }

  private once(sandboxId: string, work: () => Promise<boolean>): void {
    if (!this.gate.open || this.underWay.has(sandboxId) || this.backoff.isWaiting(sandboxId)) return;
    this.underWay.add(sandboxId);
    work()
      .then((done) => {
        this.backoff.succeeded(sandboxId);
        if (done) this.logger.log({ sandboxId }, 'its time had come');
      })
      .catch((error: unknown) => {
        const level = this.backoff.failed(sandboxId) === 1 ? 'error' : 'debug';
        this.logger[level]({ err: error as Error, sandboxId }, 'could not end a sandbox whose time has come');
      })
      .finally(() => this.underWay.delete(sandboxId));
  }
}
