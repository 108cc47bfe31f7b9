import { Injectable } from '@nestjs/common';
import { Containers } from '../engine/containers.js';
import { AgentStats } from '../guest/agent-stats.js';
import { SandboxAccess } from './sandbox-access.js';
import { containerName, MIB } from './sandbox-runner.js';
import type { Usage } from './sandbox-view.js';

/** What a sandbox uses now. */
@Injectable()
export class SandboxUsage {
  /** The engine counts for each who asks, and goes on when nobody waits any more: all who ask at once share one count. */
  private readonly counts = new Map<string, Promise<number>>();

  constructor(
    private readonly access: SandboxAccess,
    private readonly agent: AgentStats,
    private readonly containers: Containers,
  ) {}

  /** 409 where no agent runs to ask. With the disk it takes as long as counting all that was written does. */
  async read(idOrName: string, withDisk: boolean): Promise<Usage> {
    const { row, guest } = await this.access.running(idOrName);
    if (!withDisk) return this.agent.read(guest);
    const [usage, stats] = await Promise.all([this.disk(row.id), this.agent.read(guest)]);
    return { ...stats, disk: { usage, limit: row.diskMb === null ? undefined : row.diskMb * MIB } };
  }

  private disk(sandboxId: string): Promise<number> {
    const known = this.counts.get(sandboxId);
    if (known) return known;
    const count = this.containers.diskUsage(containerName(sandboxId)).finally(() => this.counts.delete(sandboxId));
    this.counts.set(sandboxId, count);
    return count;
  }
}
