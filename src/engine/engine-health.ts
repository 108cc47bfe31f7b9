import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineGate } from './engine-gate.js';
import { EngineHost } from './engine-host.js';

/** With the ping's own deadline of 1.5 s, an engine that hangs is told within 2 s. */
const INTERVAL_MS = 400;

/** Knows whether the engine is there by pings of its own: a slow call says nothing, and nobody need ask for it to be known. */
@Injectable()
export class EngineHealth implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(EngineHealth.name);
  private readonly ended = new AbortController();

  constructor(
    private readonly engine: EngineHost,
    private readonly gate: EngineGate,
  ) {}

  onApplicationBootstrap(): void {
    void this.watch();
  }

  onModuleDestroy(): void {
    this.ended.abort();
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      await this.check();
      await sleep(INTERVAL_MS, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
    }
  }

  private async check(): Promise<void> {
    try {
      await this.engine.ping(this.ended.signal);
      if (this.gate.open) return;
      this.gate.reopen();
      this.logger.log('the container engine is back');
    } catch (error) {
      if (this.ended.signal.aborted || !this.gate.open) return;
      this.gate.shut();
      this.logger.error({ err: error as Error }, (error as Error).message);
    }
  }
}
