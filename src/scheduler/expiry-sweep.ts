import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Clock } from '../common/clock.js';
import { Config } from '../config/config.js';
import { SandboxLifecycle } from '../sandboxes/sandbox-lifecycle.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** Taken in one go; what is left is due at the next one, a second later. */
const BATCH = 100;

/** Stops what is due. Expiry is a column: nothing is forgotten by a restart, and nothing hangs on a timer of its own. */
@Injectable()
export class ExpirySweep implements OnApplicationBootstrap {
  private readonly logger = new Logger(ExpirySweep.name);
  private sweeping = false;

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

  /** One at a time; a sandbox that can't be stopped now is tried again at the next sweep. */
  async sweep(): Promise<void> {
    if (this.sweeping) return;
    this.sweeping = true;
    try {
      const due = await this.sandboxes.due(this.clock.now(), BATCH);
      await Promise.all(due.map((sandbox) => this.expire(sandbox.id)));
    } catch (error) {
      this.logger.error({ err: error as Error }, 'the expiry sweep failed');
    } finally {
      this.sweeping = false;
    }
  }

  private async expire(sandboxId: string): Promise<void> {
    try {
      if (await this.lifecycle.expire(sandboxId)) this.logger.log({ sandboxId }, 'expired');
    } catch (error) {
      this.logger.error({ err: error as Error, sandboxId }, 'could not stop an expired sandbox');
    }
  }
}
