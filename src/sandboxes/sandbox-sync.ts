import { Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Clock } from '../common/clock.js';
import { Containers } from '../engine/containers.js';
import type { ContainerInfo } from '../engine/types.js';
import type { Sandbox, SandboxPatch } from '../store/sandbox.types.js';
import { SandboxesRepository } from '../store/sandboxes.repository.js';
import { containerName, SandboxRunner } from './sandbox-runner.js';
import { endedState, isUp, startedState } from './sandbox-states.js';
import { Transitions } from './transitions.js';

/** As dockerd marks a container whose end it did not see. */
const UNSEEN_EXIT = 255;

/** Well within the second in which a state becomes current. */
const SETTLE_MS = 200;

const isThere = ({ status }: ContainerInfo): boolean => status === 'running' || status === 'paused';

/** Makes a sandbox's row say what the engine says, whoever changed it there. */
@Injectable()
export class SandboxSync {
  private readonly logger = new Logger(SandboxSync.name);
  private absences = 0;
  private absencesCompared = 0;

  constructor(
    private readonly sandboxes: SandboxesRepository,
    private readonly containers: Containers,
    private readonly runner: SandboxRunner,
    private readonly transitions: Transitions,
    private readonly clock: Clock,
  ) {}

  /** The engine, or its host, goes down: what ended since was not seen to end, until all has been compared. */
  engineLeft(): void {
    this.absences += 1;
  }

  /** Compares all by this work; what ends after it is seen again. */
  async compareAll<T>(work: () => Promise<T>): Promise<T> {
    const absences = this.absences;
    const result = await work();
    this.absencesCompared = absences;
    return result;
  }

  /** Waits for a transition that is under way, then compares. Returns whether the sandbox is up. */
  async sync(sandboxId: string): Promise<boolean> {
    if (await this.isBeingCreated(sandboxId)) return true;
    const up = await this.transitions.run(sandboxId, async (claimed) => {
      const { row } = claimed;
      if (row.status === 'creating' || row.status === 'deleting') {
        await this.clear(row);
        return false;
      }
      const container = await this.settled(row);
      const patch = await this.difference(row, container);
      const now = patch ? await claimed.save(patch) : row;
      if (patch)
        this.logger.log(
          { sandboxId, was: row.status, is: now.status, reason: now.endReason },
          'the engine says otherwise',
        );
      return isUp(now);
    });
    return up ?? false;
  }

  /** Its creator is at work, and knows best. */
  private async isBeingCreated(sandboxId: string): Promise<boolean> {
    const row = await this.sandboxes.find(sandboxId);
    return row?.status === 'creating' && (row.claimUntil ?? 0) > this.clock.now();
  }

  /**
   * An engine that was asked to pause and resume in quick succession calls a running container paused for a moment, when containerd's late "paused"
   * comes in after the resume. So what it says of a pause that we know nothing of counts only when it says it twice.
   */
  private async settled(row: Sandbox): Promise<ContainerInfo | undefined> {
    const container = await this.containers.inspect(containerName(row.id));
    if (!container || !isUp(row) || container.status === row.status || !isThere(container)) return container;
    await sleep(SETTLE_MS);
    return this.containers.inspect(containerName(row.id));
  }

  /** Nobody holds the claim, so whoever created or deleted it did not live to finish: all or nothing. */
  private async clear(row: Sandbox): Promise<void> {
    await this.runner.remove(row.id);
    await this.sandboxes.delete(row.id);
    this.logger.log({ sandboxId: row.id, status: row.status }, 'cleared what was left half done');
  }

  private async difference(row: Sandbox, container: ContainerInfo | undefined): Promise<SandboxPatch | undefined> {
    const runs = container !== undefined && isThere(container);
    if (!runs) return this.down(row, container);
    const status = container.status === 'paused' ? 'paused' : 'running';
    if (!isUp(row)) return this.startedElsewhere(row, status);
    const portMap = container.portMap as Record<string, string>;
    const same = row.status === status && JSON.stringify(row.portMap) === JSON.stringify(portMap);
    return same ? undefined : { status, portMap };
  }

  private async down(row: Sandbox, container: ContainerInfo | undefined): Promise<SandboxPatch | undefined> {
    if (!isUp(row)) return container || row.status === 'error' ? undefined : endedState(undefined);
    await this.runner.ended(row);
    const ended = endedState(container, row.startedAt);
    const unseen = this.absences > this.absencesCompared || container?.exitCode === UNSEEN_EXIT;
    return unseen ? { ...ended, endReason: 'engine_lost', exitCode: null } : ended;
  }

  /** Somebody started it at the engine: it gets an expiration as everybody, so that nothing lives for ever. */
  private async startedElsewhere(row: Sandbox, status: 'running' | 'paused'): Promise<SandboxPatch> {
    if (status === 'paused') await this.runner.resume(row);
    return startedState(row, await this.runner.start(row), this.clock.now());
  }
}
