import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../common/clock.js';
import { sweepLag, sweeps } from '../common/metrics/metrics.js';
import { Config } from '../config/config.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { Endings } from './endings.js';

/** Taken in one go, beside those that are left alone for now; what is left is due at the next one, a second later. */
const BATCH = 100;

/** Stops what is due. Expiry is a column: nothing is forgotten by a restart, and nothing hangs on a timer of its own. */
@Injectable()
export class ExpirySweep implements OnApplicationBootstrap {
  private readonly logger = new Logger(ExpirySweep.name);

  constructor(
    private readonly config: Config,
    private readonly registry: SchedulerRegistry,
    private readonly sandboxes: SandboxesRepository,
    private readonly endings: Endings,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.registry.addInterval(
      ExpirySweep.name,
      setInterval(() => void this.sweep(), this.config.sweepIntervalMs),
    );
  }

  async sweep(): Promise<void> {
    try {
      const looked = [...(await this.expire()), ...(await this.retire())];
      this.endings.forgetAllBut(new Set(looked.map(({ id }) => id)));
      sweeps.inc({ result: 'ok' });
    } catch (error) {
      sweeps.inc({ result: 'failed' });
      this.logger.error({ err: error as Error }, 'the expiry sweep failed');
    }
  }

  private async expire(): Promise<Sandbox[]> {
    const now = this.clock.now();
    const due = await this.sandboxes.due(now, BATCH + this.endings.held);
    sweepLag.set((now - (due[0]?.expiresAt ?? now)) / 1000);
    for (const { id } of due) this.endings.expire(id);
    return due;
  }

  /** Its end is a time of the machine's clock. Where that was set since, the clock that says less has passed is believed: what is deleted is gone. */
  private async retire(): Promise<Sandbox[]> {
    const { retentionS } = this.config.sandbox;
    if (retentionS === 0) return [];
    const endedBefore = Math.min(this.clock.now(), Date.now()) - retentionS * 1000;
    const ended = await this.sandboxes.endedBefore(endedBefore, BATCH + this.endings.held);
    for (const { id } of ended) this.endings.retire(id, endedBefore);
    return ended;
  }
}
