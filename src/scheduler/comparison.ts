import { Injectable, Logger } from '@nestjs/common';
import { reconcilerFindings } from '../common/metrics/metrics.js';
import { Containers } from '../engine/containers.js';
import { isEngineError } from '../engine/errors.js';
import { LABEL } from '../engine/labels.js';
import type { ContainerSummary } from '../engine/types.js';
import { SandboxAdoption } from '../sandboxes/sandbox-adoption.js';
import { SandboxSync } from '../sandboxes/sandbox-sync.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { StoreError } from '../store/store.error.js';

/** What each status of a row looks like at the engine. */
const AGREES: Partial<Record<Sandbox['status'], ContainerSummary['status'][]>> = {
  running: ['running'],
  paused: ['paused'],
  stopped: ['exited', 'created', 'dead'],
};

/** What never ran, and what the engine itself failed to remove: nobody can have lost it. */
const LEFTOVER: ContainerSummary['status'][] = ['created', 'dead'];

/** What a comparison left to be done. */
export interface Compared {
  /** Something unfinished was there, which an engine may still be at: look again soon. */
  unfinished: boolean;
  /** What of all could not be mended, by its errors. */
  failures: unknown[];
}

/** Whoever probes may still be at it. */
const YOUNG_PROBE_MS = 60_000;

/** One comparison of all rows with all of this instance's containers; whatever differs is mended one by one. */
@Injectable()
export class Comparison {
  private readonly logger = new Logger(Comparison.name);

  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly containers: Containers,
    private readonly sync: SandboxSync,
    private readonly adoption: SandboxAdoption,
  ) {}

  /**
   * What can't be mended keeps nothing else from it. Throws when the engine or the store does not answer; what was mended stays mended.
   */
  make(): Promise<Compared> {
    return this.sync.compareAll(() => this.compare());
  }

  private async compare(): Promise<Compared> {
    let unfinished = false;
    const failures: unknown[] = [];
    // Rows after containers: a container whose row is not there then belongs to nobody.
    const containers = await this.containers.list();
    const bySandbox = new Map(containers.map((container) => [container.labels[LABEL.sandbox], container]));
    const strays = new Set(containers);
    for (const row of await this.sandboxes.list()) {
      const container = bySandbox.get(row.id);
      if (container) strays.delete(container);
      if (agrees(row, container)) continue;
      reconcilerFindings.inc({ finding: 'differs' });
      const attempted = await this.attempt(failures, { sandboxId: row.id }, () => this.sync.sync(row.id));
      if (attempted !== undefined && row.status === 'creating') unfinished = true;
    }
    for (const stray of strays)
      if (await this.attempt(failures, { container: stray.name }, () => this.clear(stray))) unfinished = true;
    return { unfinished, failures };
  }

  private async attempt<T>(failures: unknown[], what: object, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (isEngineError(error, 'unavailable') || error instanceof StoreError) throw error;
      this.logger.warn({ err: error as Error, ...what }, 'could not mend what differs');
      failures.push(error);
      return undefined;
    }
  }

  /**
   * No row knows it. A probe that its service did not live to remove, or a create that its engine came to when the row was gone already, goes; what
   * ran has lost its row, for that is there before its container is asked for and until it is gone. Returns whether it was removed.
   */
  private async clear(stray: ContainerSummary): Promise<boolean> {
    const { name, labels, status } = stray;
    const isProbe = labels[LABEL.role] === 'probe';
    if (isProbe && Date.now() - Number(labels[LABEL.created] ?? 0) < YOUNG_PROBE_MS) return false;
    if (await this.sandboxes.find(labels[LABEL.sandbox] ?? '')) return false;
    if (!isProbe && !LEFTOVER.includes(status)) {
      await this.adoption.adopt(stray);
      return false;
    }
    await this.containers.remove(name);
    reconcilerFindings.inc({ finding: 'removed' });
    this.logger.log({ container: name }, 'removed a container that no sandbox belongs to');
    return true;
  }
}

function agrees(row: Sandbox, container: ContainerSummary | undefined): boolean {
  if (!container) return row.status === 'error';
  return AGREES[row.status]?.includes(container.status) ?? false;
}
