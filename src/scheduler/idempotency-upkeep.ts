import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { IdempotencyRepository } from '../store/idempotency.repository.js';

const KEPT_MS = 24 * 3600 * 1000;
const EVERY_MS = 600_000;

/** Forgets Idempotency-Keys after a day. */
@Injectable()
export class IdempotencyUpkeep implements OnApplicationBootstrap {
  private readonly logger = new Logger(IdempotencyUpkeep.name);

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly entries: IdempotencyRepository,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.prune();
    this.registry.addInterval(
      IdempotencyUpkeep.name,
      setInterval(() => void this.prune(), EVERY_MS),
    );
  }

  private async prune(): Promise<void> {
    try {
      await this.entries.prune(Date.now() - KEPT_MS);
    } catch (error) {
      this.logger.error({ err: error as Error }, 'could not forget old Idempotency-Keys');
    }
  }
}
