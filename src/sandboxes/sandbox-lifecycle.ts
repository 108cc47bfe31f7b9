import { Injectable } from '@nestjs/common';
import { conflict } from '../common/errors/atoll-error.js';
import { Containers } from '../engine/containers.js';
import type { ContainerInfo } from '../engine/types.js';
import type { Sandbox, SandboxEndReason, SandboxPatch } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { SandboxAccess } from './sandbox-access.js';
import { SandboxLocks } from './sandbox-locks.js';
import { containerName, SandboxRunner } from './sandbox-runner.js';

/** Transitions of a sandbox: one at a time, each read, checked, done at the engine and then recorded. */
@Injectable()
export class SandboxLifecycle {
  constructor(
    private readonly access: SandboxAccess,
    private readonly sandboxes: SandboxesRepository,
    private readonly containers: Containers,
    private readonly runner: SandboxRunner,
    private readonly locks: SandboxLocks,
  ) {}

  /** A stopped or errored one runs again, with a fresh expiration. */
  async start(idOrName: string): Promise<Sandbox> {
    const { id } = await this.access.get(idOrName);
    return this.locks.run(id, async () => {
      const row = await this.access.get(id);
      if (row.status === 'running' || row.status === 'paused')
        throw conflict(`the sandbox "${row.name}" is ${row.status}`);
      const facts = await this.runner.start(row);
      const expiresAt = facts.startedAt + row.timeoutS * 1000;
      return this.record(row, {
        ...facts,
        status: 'running',
        expiresAt,
        finishedAt: null,
        endReason: null,
        exitCode: null,
      });
    });
  }

  async stop(idOrName: string): Promise<Sandbox> {
    const { id } = await this.access.get(idOrName);
    return this.locks.run(id, async () => {
      const row = await this.access.get(id);
      if (row.status === 'stopped' || row.status === 'error')
        throw conflict(`the sandbox "${row.name}" is ${row.status}`);
      return this.end(row, 'user');
    });
  }

  /** Whatever its state; one that is not there is fine. */
  async remove(idOrName: string): Promise<void> {
    const found = await this.sandboxes.find(idOrName);
    if (!found || found.status === 'creating') return;
    await this.locks.run(found.id, async () => {
      const row = await this.sandboxes.find(found.id);
      if (!row) return;
      await this.record(row, { status: 'deleting' });
      await this.runner.remove(row.id);
      await this.sandboxes.delete(row.id);
    });
  }

  /** Stops it if its time has really come: a renewal may have been quicker. */
  async expire(sandboxId: string, now: () => number): Promise<boolean> {
    return this.locks.run(sandboxId, async () => {
      const row = await this.sandboxes.find(sandboxId);
      if (!row || !isUp(row) || row.expiresAt === null || row.expiresAt > now()) return false;
      await this.end(row, 'expired');
      return true;
    });
  }

  /** Its agent has gone silent: if the container has ended, so has the sandbox. Returns whether it has. */
  async checkEnded(sandboxId: string): Promise<boolean> {
    return this.locks.run(sandboxId, async () => {
      const row = await this.sandboxes.find(sandboxId);
      if (!row || !isUp(row)) return true;
      const container = await this.containers.inspect(containerName(row.id));
      if (container?.status === 'running' || container?.status === 'paused') return false;
      await this.runner.ended(row);
      await this.record(row, endOf(container));
      return true;
    });
  }

  private async end(row: Sandbox, endReason: SandboxEndReason): Promise<Sandbox> {
    await this.runner.stop(row);
    const container = await this.containers.inspect(containerName(row.id));
    return this.record(row, { ...endOf(container), endReason });
  }

  private async record(row: Sandbox, patch: SandboxPatch): Promise<Sandbox> {
    const updated = await this.sandboxes.update(row.id, row.version, patch);
    if (!updated) throw conflict(`the sandbox "${row.name}" was changed by somebody else at the same time; try again`);
    return updated;
  }
}

const isUp = (row: Sandbox): boolean => row.status === 'running' || row.status === 'paused';

function endOf(container: ContainerInfo | undefined): SandboxPatch {
  const status = container ? 'stopped' : 'error';
  const endReason = !container ? 'engine_lost' : container.oomKilled ? 'oom' : 'exited';
  const finishedAt = container?.finishedAt?.getTime() ?? Date.now();
  return { status, endReason, finishedAt, exitCode: container?.exitCode ?? null, expiresAt: null, portMap: {} };
}
