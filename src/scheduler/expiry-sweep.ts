import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../common/clock.js';
import { sweepLag, sweeps } from '../common/metrics/metrics.js';
import { Config } from '../config/config.js';
import { SandboxLifecycle } from '../sandboxes/sandbox-lifecycle.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** Taken in one go; what is left is due at the next one, a second later. */
const BATCH = 100;

/** Stops what is due. Expiry is a column: nothing is forgotten by a restart, and nothing hangs on a timer of its own. */
@Injectable()
export class ExpirySweep implements OnApplicationBootstrap {
  private readonly logger = new Logger(ExpirySweep.name);
  private readonly underWay = new Set<string>();

  constructor(
    private readonly config: Config,
    private readonly registry: SchedulerRegistry,
    private readonly sandboxes: SandboxesRepository,
    private readonly lifecycle: SandboxLifecycle,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.registry.addInterval(
      ExpirySweep.name,
      setInterval(() => void this.sweep(), this.config.sweepIntervalMs),
    );
  }

  /** What can't be stopped, or deleted, now is tried again at the next sweep. One that takes long holds nobody else up. */
  async sweep(): Promise<void> {
    try {
      await this.expire();
      await this.retire();
      sweeps.inc({ result: 'ok' });
    } catch (error) {
      sweeps.inc({ result: 'failed' });
      this.logger.error({ err: error as Error }, 'the expiry sweep failed');
    }
  }

  private async expire(): Promise<void> {
    const now = this.clock.now();
    const due = await this.sandboxes.due(now, BATCH);
    sweepLag.set((now - (due[0]?.expiresAt ?? now)) / 1000);
    for (const { id } of due) this.once(id, () => this.lifecycle.expire(id));
  }

  private async retire(): Promise<void> {
    const { retentionS } = this.config.sandbox;
    if (retentionS === 0) return;
    const endedBefore = this.clock.now() - retentionS * 1000;
    for (const { id } of await this.sandboxes.endedBefore(endedBefore, BATCH))
      this.once(id, () => this.lifecycle.retire(id, endedBefore));
  }

  private once(sandboxId: string, work: () => Promise<boolean>): void {
    if (this.underWay.has(sandboxId)) return;
    this.underWay.add(sandboxId);
    work()
      .then((done) => done && this.logger.log({ sandboxId }, 'its time had come'))
      .catch((error: unknown) =>
        this.logger.error({ err: error as Error, sandboxId }, 'could not end a sandbox whose time has come'),
      )
      .finally(() => this.underWay.delete(sandboxId));
  }
}
