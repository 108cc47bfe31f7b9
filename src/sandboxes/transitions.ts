import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../common/clock.js';
import { conflict } from '../common/errors/atoll-error.js';
import { queueLength } from '../common/metrics/metrics.js';
import type { Sandbox, SandboxPatch } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';

/** Past any transition: a stop's longest grace, and several calls to the engine. Only a holder that died lets a claim lapse. */
export const CLAIM_MS = 1_200_000;
const RETRY_MS = 50;
const WAIT_MS = 60_000;

/** A sandbox that nobody else changes for as long as this is held. */
export interface Claimed {
  row: Sandbox;
  /** Stores the outcome, and goes on holding. */
  save: (patch: SandboxPatch) => Promise<Sandbox>;
}

/**
 * One transition of a sandbox at a time; different sandboxes never wait for each other. The lock is a compare-and-set on the row's
 * version, so it holds between services on one store; within this one, those who wait stand in line instead of asking again and again.
 */
@Injectable()
export class Transitions {
  private readonly tails = new Map<string, Promise<unknown>>();

  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly clock: Clock,
  ) {}

  /** Runs work on a sandbox, by id; undefined when there is none. 409 when another service does not let go of it. */
  async run<T>(sandboxId: string, work: (claimed: Claimed) => Promise<T>): Promise<T | undefined> {
    const before = this.tails.get(sandboxId) ?? Promise.resolve();
    queueLength.inc({ queue: 'transitions' });
    const turn = before.then(() => {
      queueLength.dec({ queue: 'transitions' });
      return this.claimed(sandboxId, work);
    });
    const tail = turn.catch(() => undefined);
    this.tails.set(sandboxId, tail);
    try {
      return await turn;
    } finally {
      if (this.tails.get(sandboxId) === tail) this.tails.delete(sandboxId);
    }
  }

  private async claimed<T>(sandboxId: string, work: (claimed: Claimed) => Promise<T>): Promise<T | undefined> {
    const claim = randomUUID();
    let row = await this.take(sandboxId, claim);
    if (!row) return undefined;
    const save = async (patch: SandboxPatch): Promise<Sandbox> => {
      const saved = await this.sandboxes.update(sandboxId, row!.version, patch);
      if (!saved) throw conflict('this sandbox was changed by somebody else at the same time; try again');
      row = saved;
      return saved;
    };
    try {
      return await work({ row, save });
    } finally {
      // Unless it is gone, or the claim lapsed and is another's.
      await this.sandboxes.update(sandboxId, row.version, { claim: null, claimUntil: null });
    }
  }

  /** The row with our claim on it; undefined when there is none. */
  private async take(sandboxId: string, claim: string): Promise<Sandbox | undefined> {
    const until = this.clock.now() + WAIT_MS;
    for (;;) {
      const row = await this.sandboxes.find(sandboxId);
      if (!row) return undefined;
      const free = row.claim === null || (row.claimUntil ?? 0) < this.clock.now();
      const taken =
        free && (await this.sandboxes.update(row.id, row.version, { claim, claimUntil: this.clock.now() + CLAIM_MS }));
      if (taken) return taken;
      if (this.clock.now() > until)
        throw conflict(`the sandbox "${row.name}" is being changed by another call; try again`);
      if (!free) await sleep(RETRY_MS);
    }
  }
}
