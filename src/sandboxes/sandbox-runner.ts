import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import { Containers } from '../engine/containers.js';
import { LABEL } from '../engine/labels.js';
import { agentContainer } from '../guest/agent-container.js';
import type { Setup } from '../guest/agent-setup.js';
import { Guests } from '../guest/guests.js';
import type { GuestAddress } from '../guest/types.js';
import type { Sandbox } from '../store/sandbox.types.js';

/** What is known of a sandbox once it runs. */
export interface RunFacts {
  incarnation: string;
  startedAt: number;
  portMap: Record<string, string>;
}

export const containerName = (sandboxId: string): string => `atoll-${sandboxId}`;

export const addressOf = ({ id, secret, transport }: Sandbox): GuestAddress => ({
  sandboxId: id,
  containerName: containerName(id),
  secret,
  transport,
});

/** A sandbox's container and its agent, together. */
@Injectable()
export class SandboxRunner {
  constructor(
    private readonly config: Config,
    private readonly containers: Containers,
    private readonly guests: Guests,
  ) {}

  /** Makes the container. `imageEnvNames` are removed from it: nothing of the image reaches PID 1. */
  async create(row: Sandbox, { agentVolume }: Setup, imageEnvNames: string[]): Promise<void> {
    const address = addressOf(row);
    const runFolder = await this.guests.open(address);
    const { pids, stopGraceMs } = this.config.sandbox;
    const limits = { memoryBytes: row.memoryMb * 1024 * 1024, cpus: row.cpus, pids };
    const settings = {
      ATOLL_STOP_GRACE: String(stopGraceMs),
      ATOLL_OUTPUT_GRACE: String(this.config.commands.outputGraceMs),
    };
    const labels = { [LABEL.owner]: row.owner, [LABEL.created]: String(row.createdAt) };
    const image = { id: row.imageId, envNames: imageEnvNames };
    await this.containers.create(
      agentContainer(address, {
        image,
        agentVolume,
        runFolder,
        limits,
        ports: row.ports,
        labels,
        settings,
        hostname: row.name,
      }),
    );
  }

  /** Starts it, and returns when its agent has answered. */
  async start(row: Sandbox): Promise<RunFacts> {
    const name = containerName(row.id);
    if (!this.guests.find(row.id)) await this.guests.open(addressOf(row));
    await this.containers.start(name);
    const startedAt = Date.now();
    const [session, info] = await Promise.all([
      this.guests.get(row.id).session(),
      row.ports.length > 0 ? this.containers.inspect(name) : undefined,
    ]);
    return {
      incarnation: session.peer.incarnation,
      startedAt,
      portMap: (info?.portMap ?? {}) as Record<string, string>,
    };
  }

  /** Stops it. The agent ends the commands first, and what they still said is taken in. */
  async stop(row: Sandbox): Promise<void> {
    const graceSeconds = Math.ceil(this.config.sandbox.stopGraceMs / 1000) + 2;
    await this.containers.stop(containerName(row.id), graceSeconds);
    await this.guests.end(row.id);
  }

  /** It has ended by itself: what it still said is taken in, and nobody waits for it any longer. */
  async ended(row: Sandbox): Promise<void> {
    await this.guests.end(row.id);
  }

  /** It runs, and another service started it: get ready for its agent. */
  async rejoin(row: Sandbox): Promise<void> {
    await this.guests.open(addressOf(row));
  }

  /** Removes everything, whatever there is of it. */
  async remove(sandboxId: string): Promise<void> {
    await this.containers.remove(containerName(sandboxId));
    await this.guests.end(sandboxId);
  }
}
