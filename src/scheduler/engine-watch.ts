import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Containers } from '../engine/containers.js';
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

  constructor(
    private readonly containers: Containers,
    private readonly sync: SandboxSync,
    private readonly reconciler: Reconciler,
  ) {}

  onApplicationBootstrap(): void {
    void this.watch();
  }

  onModuleDestroy(): void {
    this.ended.abort();
  }

  private async watch(): Promise<void> {
    let first = true;
    while (!this.ended.signal.aborted) {
      try {
        const events = await this.containers.events(this.ended.signal);
        // What happened before the stream began is not in it. After a break, what ended was not seen to end.
        this.reconciler.soon(!first);
        first = false;
        for await (const event of events) this.take(event);
      } catch (error) {
        this.logger.debug({ err: error as Error }, 'the stream of engine events broke');
      }
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
