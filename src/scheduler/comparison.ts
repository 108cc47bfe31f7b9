import { Injectable, Logger } from '@nestjs/common';
import { Containers } from '../engine/containers.js';
import { LABEL } from '../engine/labels.js';
import type { ContainerSummary } from '../engine/types.js';
import { SandboxSync } from '../sandboxes/sandbox-sync.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** What each status of a row looks like at the engine. */
const AGREES: Partial<Record<Sandbox['status'], ContainerSummary['status'][]>> = {
  running: ['running'],
  paused: ['paused'],
  stopped: ['exited', 'created', 'dead'],
};

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
  ) {}

  /**
   * Throws when the engine or the store does not answer; what was mended stays mended. Returns whether something unfinished was there, which an engine
   * may still be at: look again.
   */
  make(): Promise<boolean> {
    return this.sync.compareAll(() => this.compare());
  }

  private async compare(): Promise<boolean> {
    let unfinished = false;
    // Rows after containers: a container whose row is not there then belongs to nobody.
    const containers = new Map((await this.containers.list()).map((container) => [container.name, container]));
    const rows = await this.sandboxes.list();
    for (const row of rows) {
      const container = [...containers.values()].find(({ labels }) => labels[LABEL.sandbox] === row.id);
      if (container) containers.delete(container.name);
      unfinished ||= row.status === 'creating';
      if (!agrees(row, container)) await this.sync.sync(row.id);
    }
    for (const container of containers.values()) if (await this.removeStray(container)) unfinished = true;
    return unfinished;
  }

  /**
   * A probe that its service did not live to remove, or a create that its engine came to when the row was gone already: a row is there before its
   * container is asked for. Returns whether it was removed.
   */
  private async removeStray({ name, labels, status }: ContainerSummary): Promise<boolean> {
    const isProbe = labels[LABEL.role] === 'probe';
    if (isProbe && Date.now() - Number(labels[LABEL.created] ?? 0) < YOUNG_PROBE_MS) return false;
    if (await this.sandboxes.find(labels[LABEL.sandbox] ?? '')) return false;
    if (status !== 'created' && !isProbe) {
      this.logger.warn({ container: name, status }, 'a sandbox of this instance is not in the store; it is left alone');
      return false;
    }
    await this.containers.remove(name);
    this.logger.log({ container: name }, 'removed a container that no sandbox belongs to');
    return true;
  }
}

function agrees(row: Sandbox, container: ContainerSummary | undefined): boolean {
  if (!container) return row.status === 'error';
  return AGREES[row.status]?.includes(container.status) ?? false;
}
