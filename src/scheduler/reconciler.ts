import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandRecovery } from '../commands/command-recovery.js';
import { Containers } from '../engine/containers.js';
import { LABEL } from '../engine/labels.js';
import { SandboxLifecycle } from '../sandboxes/sandbox-lifecycle.js';
import { SandboxRunner } from '../sandboxes/sandbox-runner.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** Between two tries, while the engine is away. */
const RETRY_MS = 1000;

/** Compares what the store says with what the engine runs, once at boot, and mends the difference. */
@Injectable()
export class Reconciler implements OnApplicationBootstrap {
  private readonly logger = new Logger(Reconciler.name);

  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly containers: Containers,
    private readonly runner: SandboxRunner,
    private readonly lifecycle: SandboxLifecycle,
    private readonly commands: CommandRecovery,
  ) {}

  /** Sockets listen again before the API does; what needs the engine goes on by itself. */
  async onApplicationBootstrap(): Promise<void> {
    const up = await this.sandboxes.list({ status: ['running', 'paused'] });
    await Promise.all(up.map((row) => this.rejoin(row)));
    const unfinished = await this.sandboxes.list({ status: ['creating', 'deleting'] });
    void this.mend(up, unfinished);
  }

  private async rejoin(row: Sandbox): Promise<void> {
    await this.runner.rejoin(row);
    await this.commands.resumeAll(row.id);
  }

  /** Goes on until the engine has answered. */
  private async mend(up: Sandbox[], unfinished: Sandbox[]): Promise<void> {
    for (;;) {
      try {
        for (const row of up) await this.lifecycle.checkEnded(row.id);
        for (const row of unfinished) await this.clear(row);
        await this.removeStrays();
        return;
      } catch (error) {
        this.logger.warn({ err: error as Error }, 'could not compare the store with the engine; trying again');
        await sleep(RETRY_MS, undefined, { ref: false });
      }
    }
  }

  /** An intent that the last service did not live to finish. */
  private async clear(row: Sandbox): Promise<void> {
    await this.runner.remove(row.id);
    await this.sandboxes.delete(row.id);
    this.logger.log({ sandboxId: row.id, status: row.status }, 'cleared what a killed service left half done');
  }

  /** Containers of this instance that no row knows: a probe, or a create whose row is gone. */
  private async removeStrays(): Promise<void> {
    const containers = await this.containers.list();
    for (const { name, labels } of containers) {
      const sandboxId = labels[LABEL.sandbox];
      if (sandboxId && (await this.sandboxes.find(sandboxId))) continue;
      await this.containers.remove(name);
      this.logger.log({ container: name }, 'removed a container that no sandbox belongs to');
    }
  }
}
