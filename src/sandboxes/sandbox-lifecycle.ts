import { Injectable } from '@nestjs/common';
import { Clock } from '../common/clock.js';
import { noteSandbox } from '../common/http/request-facts.js';
import { conflict, notFound } from '../common/errors/atoll-error.js';
import { isEngineError } from '../engine/errors.js';
import type { Sandbox, SandboxEndReason } from '../store/sandbox.types.js';
import { isStoreError } from '../store/store.error.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { SandboxAccess } from './sandbox-access.js';
import { endedState, isUp, startedState, type UpOrDown } from './sandbox-states.js';
import { SandboxRunner } from './sandbox-runner.js';
import { type Claimed, Transitions } from './transitions.js';

/** What clients do to a sandbox: one at a time, each read, checked, done at the engine and then recorded. */
@Injectable()
export class SandboxLifecycle {
  constructor(
    private readonly access: SandboxAccess,
    private readonly sandboxes: SandboxesRepository,
    private readonly runner: SandboxRunner,
    private readonly transitions: Transitions,
    private readonly clock: Clock,
  ) {}

  /** A stopped or errored one runs again, with a fresh expiration. */
  start(idOrName: string): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['running', 'paused']);
      return this.run(claimed);
    });
  }

  /** `graceMs` is what its commands have between TERM and KILL; absent is the configured one. */
  stop(idOrName: string, graceMs?: number): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['stopped', 'error']);
      return this.end(claimed, 'user', graceMs);
    });
  }

  /** Stops what runs and starts it again, with a fresh expiration; a stopped one is started. */
  restart(idOrName: string, graceMs?: number): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['error']);
      if (isUp(claimed.row)) await this.end(claimed, 'user', graceMs);
      return this.run(claimed);
    });
  }

  /** Freezes all of its processes, the agent too. */
  pause(idOrName: string): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['paused', 'stopped', 'error']);
      await this.runner.pause(claimed.row);
      return claimed.save({ status: 'paused' });
    });
  }

  resume(idOrName: string): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['running', 'stopped', 'error']);
      await this.runner.resume(claimed.row);
      return claimed.save({ status: 'running' });
    });
  }

  /** Seconds from now; they are its own timeout from then on. */
  renew(idOrName: string, timeoutS: number): Promise<Sandbox> {
    return this.change(idOrName, async (claimed) => {
      refuse(claimed.row, ['stopped', 'error']);
      return claimed.save({ timeoutS, expiresAt: this.clock.now() + timeoutS * 1000 });
    });
  }

  /** Whatever its state; one that is not there is fine. */
  async remove(idOrName: string): Promise<void> {
    const found = await this.sandboxes.find(idOrName);
    if (found) noteSandbox(found.id);
    if (!found || found.status === 'creating') return;
    await this.transitions.run(found.id, async (claimed) => this.erase(claimed));
  }

  /** Stops it if its time has really come: a renewal may have been quicker. Returns whether it did. */
  async expire(sandboxId: string): Promise<boolean> {
    const expired = await this.transitions.run(sandboxId, async (claimed) => {
      const { row } = claimed;
      if (!isUp(row) || row.expiresAt === null || row.expiresAt > this.clock.now()) return false;
      await this.end(claimed, 'expired');
      return true;
    });
    return expired ?? false;
  }

  /** Deletes it if it is still stopped, and has been since before that time (unix ms). Returns whether it did. */
  async retire(sandboxId: string, endedBefore: number): Promise<boolean> {
    const retired = await this.transitions.run(sandboxId, async (claimed) => {
      const { status, finishedAt } = claimed.row;
      if ((status !== 'stopped' && status !== 'error') || finishedAt === null || finishedAt > endedBefore) return false;
      await this.erase(claimed);
      return true;
    });
    return retired ?? false;
  }

  private async change(idOrName: string, work: (claimed: Claimed) => Promise<Sandbox>): Promise<Sandbox> {
    const { id } = await this.access.get(idOrName);
    const changed = await this.transitions.run(id, (claimed) => {
      if (claimed.row.status === 'deleting') throw notFound(`no sandbox "${idOrName}"`);
      return work(claimed);
    });
    if (!changed) throw notFound(`no sandbox "${idOrName}"`);
    return changed;
  }

  /** A container that is not there any more can't be started: the sandbox is in error until it is deleted. */
  private async run({ row, save }: Claimed): Promise<Sandbox> {
    try {
      return await save(startedState(row, await this.runner.start(row), this.clock.now()));
    } catch (error) {
      if (!isEngineError(error, 'no_such_container')) throw error;
      await save({ ...endedState(undefined), endReason: 'engine_lost' });
      throw conflict(`the container of the sandbox "${row.name}" is gone from the engine; it can only be deleted`);
    }
  }

  private async end({ row, save }: Claimed, endReason: SandboxEndReason, graceMs?: number): Promise<Sandbox> {
    const container = await this.runner.stop(row, graceMs);
    return save({ ...endedState(container, row.startedAt), endReason: container ? endReason : 'engine_lost' });
  }

  private async erase({ row, save }: Claimed): Promise<void> {
    try {
      await save({ status: 'deleting' });
    } catch (error) {
      // Deleting is how room is made, so it must not need any: without the intent a crash leaves a sandbox that has lost its container.
      if (!isStoreError(error, 'full')) throw error;
    }
    await this.runner.remove(row.id);
    await this.sandboxes.delete(row.id);
  }
}

function refuse(row: Sandbox, states: UpOrDown[]): void {
  if ((states as string[]).includes(row.status)) throw conflict(`the sandbox "${row.name}" is ${row.status}`);
}
