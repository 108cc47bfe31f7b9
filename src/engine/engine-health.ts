import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { repeat } from '../common/repeat.js';
import { EngineGate } from './engine-gate.js';
import { EngineHost } from './engine-host.js';

/** With the ping's own deadline of 1.5 s, an engine that hangs is told within 2 s. */
const INTERVAL_MS = 400;

/** Knows whether the engine is there by pings of its own: a slow call says nothing, and nobody need ask for it to be known. */
@Injectable()
export class EngineHealth implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(EngineHealth.name);
  private readonly ended = new AbortController();
  private told?: string;

  constructor(
    private readonly engine: EngineHost,
    private readonly gate: EngineGate,
  ) {}

  onApplicationBootstrap(): void {
    void repeat(() => this.check(), INTERVAL_MS, this.ended.signal);
  }

  onModuleDestroy(): void {
    this.ended.abort();
  }

  private async check(): Promise<void> {
    try {
      await this.engine.ping(this.ended.signal);
      if (this.gate.open) return;
      this.told = undefined;
      this.gate.reopen();
      this.logger.log('the container engine is back');
    } catch (error) {
      if (this.ended.signal.aborted) return;
      this.gate.shut();
      const { message } = error as Error;
      if (message === this.told) return;
      // Why it is away may be known only later, or change.
      this.told = message;
      this.logger.error({ err: error as Error }, message);
    }
  }
}
