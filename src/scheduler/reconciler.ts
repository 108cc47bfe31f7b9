import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { CommandRecovery } from '../commands/command-recovery.js';
import { reconciliations } from '../common/metrics/metrics.js';
import { SandboxRunner } from '../sandboxes/sandbox-runner.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { pauseAfter } from './backoff.js';
import { Comparison } from './comparison.js';

const EVERY_MS = 60_000;
/** After something unfinished was found: the engine may still be at what was asked of it. */
const SECOND_LOOK_MS = 1000;

/** Compares both sides at boot, whenever the engine's events begin anew, and every minute. */
@Injectable()
export class Reconciler implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(Reconciler.name);
  private running?: Promise<void>;
  private again = false;
  private retry?: NodeJS.Timeout;
  private failures = 0;

  constructor(
    private readonly registry: SchedulerRegistry,
    private readonly sandboxes: SandboxesRepository,
    private readonly runner: SandboxRunner,
    private readonly commands: CommandRecovery,
    private readonly comparison: Comparison,
  ) {}

  /** Sockets listen again before the API does; what needs the engine goes on by itself. */
  async onApplicationBootstrap(): Promise<void> {
    await this.sandboxes.dropClaims();
    const up = await this.sandboxes.list({ status: ['running', 'paused'] });
    await Promise.all(up.map((row) => this.rejoin(row)));
    this.registry.addInterval(
      Reconciler.name,
      setInterval(() => this.soon(), EVERY_MS),
    );
    this.soon();
  }

  onModuleDestroy(): void {
    clearTimeout(this.retry);
  }

  /** The engine is back: what failed while it was away says nothing about what it does now. */
  engineBack(): void {
    this.failures = 0;
    clearTimeout(this.retry);
    this.retry = undefined;
    this.soon();
  }

  /** Compares now, or once more if it is being done: what was seen before may be out of date. */
  soon(): void {
    if (this.running) {
      this.again = true;
      return;
    }
    this.running = this.run().finally(() => {
      this.running = undefined;
      if (!this.again) return;
      this.again = false;
      this.soon();
    });
  }

  private async rejoin(row: Sandbox): Promise<void> {
    await this.runner.rejoin(row);
    await this.commands.resumeAll(row.id);
  }

  private async run(): Promise<void> {
    try {
      const { unfinished, failures } = await this.comparison.make();
      if (unfinished) this.later(SECOND_LOOK_MS);
      if (failures.length > 0) throw failures[0];
      this.failures = 0;
      reconciliations.inc({ result: 'ok' });
    } catch (error) {
      reconciliations.inc({ result: 'failed' });
      this.logger.warn({ err: error as Error }, 'could not compare the store with the engine; trying again');
      if (!this.retry) this.later(pauseAfter(++this.failures));
    }
  }

  private later(milliseconds: number): void {
    clearTimeout(this.retry);
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.soon();
    }, milliseconds).unref();
  }
}
