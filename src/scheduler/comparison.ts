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

/** Somebody may still be at work on it. */
const YOUNG_MS = 60_000;

/** One comparison of all rows with all of this instance's containers; whatever differs is mended one by one. */
@Injectable()
export class Comparison {
  private readonly logger = new Logger(Comparison.name);

  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly containers: Containers,
    private readonly sync: SandboxSync,
  ) {}

  /** Throws when the engine or the store does not answer; what was mended stays mended. */
  async make(engineWasAway: boolean): Promise<void> {
    // Rows after containers: a container whose row is not there then belongs to nobody.
    const containers = new Map((await this.containers.list()).map((container) => [container.name, container]));
    const rows = await this.sandboxes.list();
    for (const row of rows) {
      const container = [...containers.values()].find(({ labels }) => labels[LABEL.sandbox] === row.id);
      if (container) containers.delete(container.name);
      if (!agrees(row, container)) await this.sync.sync(row.id, engineWasAway);
    }
    for (const container of containers.values()) await this.removeStray(container);
  }

  /** A probe that its service did not live to remove, or a create whose row is gone. A row may have been made since. */
  private async removeStray({ name, labels, status }: ContainerSummary): Promise<void> {
    if (Date.now() - Number(labels[LABEL.created] ?? 0) < YOUNG_MS) return;
    if (await this.sandboxes.find(labels[LABEL.sandbox] ?? '')) return;
    if (status !== 'created' && labels[LABEL.role] !== 'probe') {
      this.logger.warn({ container: name, status }, 'a sandbox of this instance is not in the store; it is left alone');
      return;
    }
    await this.containers.remove(name);
    this.logger.log({ container: name }, 'removed a container that no sandbox belongs to');
  }
}

function agrees(row: Sandbox, container: ContainerSummary | undefined): boolean {
  if (!container) return row.status === 'error';
  return AGREES[row.status]?.includes(container.status) ?? false;
}
