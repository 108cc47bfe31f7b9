import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Subscription } from 'rxjs';
import { Containers } from '../engine/containers.js';
import { EngineGate } from '../engine/engine-gate.js';
import { LABEL } from '../engine/labels.js';
import type { ContainerEvent } from '../engine/types.js';
import { SandboxSync } from '../sandboxes/sandbox-sync.js';
import { Reconciler } from './reconciler.js';

const RETRY_MS = 300;

/** Keeps states true by the engine's own events; each time the stream begins anew, both sides are compared. */
@Injectable()
export class EngineWatch implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(EngineWatch.name);
  private readonly ended = new AbortController();
  private streaming = false;
  private returns?: Subscription;

  constructor(
    private readonly containers: Containers,
    private readonly sync: SandboxSync,
    private readonly reconciler: Reconciler,
    private readonly gate: EngineGate,
  ) {}

  onApplicationBootstrap(): void {
    // One that only hung kept the stream: what it was asked for meanwhile, and refused, is made good now.
    this.returns = this.gate.reopened.subscribe(() => {
      if (this.streaming) this.reconciler.engineBack();
    });
    void this.watch();
  }

  onModuleDestroy(): void {
    this.returns?.unsubscribe();
    this.ended.abort();
  }

  private async watch(): Promise<void> {
    while (!this.ended.signal.aborted) {
      try {
        const events = await this.containers.events(this.ended.signal);
        // What happened before the stream began is not in it.
        this.reconciler.engineBack();
        this.streaming = true;
        for await (const event of events) this.take(event);
      } catch (error) {
        this.logger.debug({ err: error as Error }, 'the stream of engine events broke');
      }
      if (this.streaming && !this.ended.signal.aborted) this.sync.engineLeft();
      this.streaming = false;
      await sleep(RETRY_MS, undefined, { signal: this.ended.signal, ref: false }).catch(() => undefined);
    }
  }

  private take({ type, labels }: ContainerEvent): void {
    const sandboxId = labels[LABEL.sandbox];
    if (type === 'oom' || !sandboxId) return;
    this.sync.sync(sandboxId).catch((error: unknown) => {
      this.logger.warn({ err: error as Error, sandboxId }, 'could not follow an event of the engine');
      this.reconciler.soon();
    });
  }
}
