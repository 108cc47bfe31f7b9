import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { reconcilerFindings } from '../common/metrics/metrics.js';
import { Containers } from '../engine/containers.js';
import type { ContainerInfo, ContainerSummary } from '../engine/types.js';
import { Guests } from '../guest/guests.js';
import type { NewSandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { underFreeName } from './free-name.js';
import { readRecord } from './sandbox-record.js';
import { addressOf, containerName } from './sandbox-runner.js';
import { endedState } from './sandbox-states.js';

/**
 * A container of ours that the store does not know, for it lost its row: it becomes a sandbox again, and with that its time will come.
 *
 * It is none that was deleted or never came to be: a row stays until its container is gone, and what an engine makes late of a create that
 * was given up was never started, and is removed by whoever finds it.
 */
@Injectable()
export class SandboxAdoption {
  private readonly logger = new Logger(SandboxAdoption.name);
  /** Told once each, and not every minute. */
  private readonly refused = new Set<string>();

  constructor(
    private readonly containers: Containers,
    private readonly sandboxes: SandboxesRepository,
    private readonly guests: Guests,
    private readonly clock: Clock,
  ) {}

  /** Of one that runs, is paused or has exited, and has no row. Without its secret or its record it is left alone: removing it is not ours to decide. */
  async adopt(container: ContainerSummary): Promise<void> {
    const { name } = container;
    const env = await this.containers.environment(name);
    const info = env && (await this.containers.inspect(name));
    if (!info) return;
    const record = readRecord(container, env);
    if (!record || containerName(record.id) !== name) return this.refuse(container);
    await this.insert({ ...record, ...this.state(record.timeoutS, info) });
    reconcilerFindings.inc({ finding: 'adopted' });
    this.logger.warn({ sandboxId: record.id, status: info.status }, 'adopted a sandbox that was not in the store');
  }

  private state(timeoutS: number, info: ContainerInfo): Pick<NewSandbox, 'status'> & Partial<NewSandbox> {
    const startedAt = info.startedAt?.getTime() ?? null;
    const { status } = info;
    if (status !== 'running' && status !== 'paused') return { startedAt, ...endedState(info), status: 'stopped' };
    const portMap = info.portMap as Record<string, string>;
    return { status, startedAt, portMap, expiresAt: this.clock.now() + timeoutS * 1000 };
  }

  /** Under its own name, or another when that was given away meanwhile. Its agent is listened to before anybody can ask for it. */
  private async insert(sandbox: NewSandbox): Promise<void> {
    if (sandbox.status !== 'stopped') await this.guests.open(addressOf(sandbox));
    try {
      await underFreeName((name) => this.sandboxes.insert({ ...sandbox, name }), sandbox.name);
    } catch (error) {
      await this.guests.end(sandbox.id);
      throw error;
    }
  }

  private refuse({ name, status }: ContainerSummary): void {
    if (this.refused.has(name)) return;
    this.refused.add(name);
    this.logger.warn(
      { container: name, status },
      'a container of this instance is not in the store, and does not tell what it takes to adopt it; it is left alone',
    );
  }
}
