import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { Guests } from '../guest/guests.js';
import { SandboxSync } from '../sandboxes/sandbox-sync.js';

/** An engine may say "running" for a moment after PID 1 has gone. */
const CHECKS_MS = [0, 100, 300, 1000, 3000];

/** A sandbox whose agent falls silent may have died: the engine knows, even where its events are late. */
@Injectable()
export class DeathWatch implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger(DeathWatch.name);
  private subscription?: Subscription;

  constructor(
    private readonly guests: Guests,
    private readonly sync: SandboxSync,
  ) {}

  onModuleInit(): void {
    this.subscription = this.guests.lostGuests.subscribe(({ sandboxId }) => void this.check(sandboxId));
  }

  onModuleDestroy(): void {
    this.subscription?.unsubscribe();
  }

  private async check(sandboxId: string): Promise<void> {
    for (const wait of CHECKS_MS) {
      await sleep(wait, undefined, { ref: false });
      try {
        if (!(await this.sync.sync(sandboxId))) return;
      } catch (error) {
        this.logger.warn({ err: error as Error, sandboxId }, 'could not check a silent sandbox');
      }
    }
  }
}
