import { Injectable } from '@nestjs/common';
import { rm } from 'node:fs/promises';
import { outputFolderOf } from '../common/data-layout.js';
import { Config } from '../config/config.js';
import { Containers } from '../engine/containers.js';
import { isEngineError } from '../engine/errors.js';
import type { ContainerInfo } from '../engine/types.js';
import { agentContainer } from '../guest/agent-container.js';
import { AgentStats } from '../guest/agent-stats.js';
import type { Setup } from '../guest/agent-setup.js';
import { Guests } from '../guest/guests.js';
import type { GuestAddress } from '../guest/types.js';
import type { Sandbox } from '../store/sandbox.types.js';
import { CommandsRepository } from '../store/commands.repository.js';
import { recordLabels, recordVariables } from './sandbox-record.js';

/** What is known of a sandbox once it runs. */
export interface RunFacts {
  incarnation: string;
  portMap: Record<string, string>;
}

/** PID 1 goes as soon as its commands have ended or been killed; the engine's own KILL is for when even that fails. */
const ENGINE_GRACE_S = 3;

/** What limits are told in. */
export const MIB = 1024 * 1024;

export const containerName = (sandboxId: string): string => `atoll-${sandboxId}`;

export const addressOf = ({ id, secret, transport }: Pick<Sandbox, 'id' | 'secret' | 'transport'>): GuestAddress => ({
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
    private readonly commands: CommandsRepository,
    private readonly agent: AgentStats,
  ) {}

  /** Makes the container. `imageEnvNames` are removed from it: nothing of the image reaches PID 1. */
  async create(row: Sandbox, { agentVolume }: Setup, imageEnvNames: string[]): Promise<void> {
    const address = addressOf(row);
    const runFolder = await this.guests.open(address);
    const { defaultPids, openFiles, coreBytes, stopGraceMs } = this.config.sandbox;
    const limits = {
      memoryBytes: row.memoryMb * MIB,
      cpus: row.cpus,
      pids: row.pids ?? defaultPids,
      openFiles,
      coreBytes,
      diskBytes: row.diskMb === null ? undefined : row.diskMb * MIB,
    };
    const settings = {
      ...recordVariables(row),
      ATOLL_STOP_GRACE: String(stopGraceMs),
      ATOLL_OUTPUT_GRACE: String(this.config.commands.outputGraceMs),
    };
    const labels = recordLabels(row);
    const image = { id: row.imageId, envNames: imageEnvNames };
    const common = { image, agentVolume, runFolder, limits, labels, settings };
    await this.containers.create(agentContainer(address, { ...common, ports: row.ports, hostname: row.name }));
  }

  /** Starts it, and returns when its agent has answered. What does not answer is stopped again. */
  async start(row: Sandbox): Promise<RunFacts> {
    const name = containerName(row.id);
    if (!this.guests.find(row.id)) await this.guests.open(addressOf(row));
    try {
      await this.containers.start(name);
      const [session, info] = await Promise.all([
        this.guests.get(row.id).session(),
        row.ports.length > 0 ? this.containers.inspect(name) : undefined,
      ]);
      return {
        incarnation: session.peer.incarnation,
        portMap: (info?.portMap ?? {}) as Record<string, string>,
      };
    } catch (error) {
      await this.guests.end(row.id);
      await this.containers.stop(name, 0).catch(() => undefined);
      throw error;
    }
  }

  /** Stops it: its commands end first, and what they still said is taken in. Returns how the container ended. */
  async stop(row: Sandbox, graceMs = this.config.sandbox.stopGraceMs): Promise<ContainerInfo | undefined> {
    const name = containerName(row.id);
    if (graceMs !== this.config.sandbox.stopGraceMs) await this.setGrace(row, graceMs);
    try {
      await this.containers.stop(name, Math.ceil(graceMs / 1000) + ENGINE_GRACE_S);
    } catch (error) {
      if (!isEngineError(error, 'no_such_container')) throw error; // gone is stopped, too
    }
    await this.ended(row);
    return this.containers.inspect(name);
  }

  /** The agent was told the configured one at its start. A frozen one can't be asked, and is thawed first. */
  private async setGrace(row: Sandbox, graceMs: number): Promise<void> {
    if (row.status === 'paused') await this.resume(row);
    await this.agent.setStopGrace(this.guests.get(row.id), graceMs);
  }

  async pause(row: Sandbox): Promise<void> {
    await this.containers.pause(containerName(row.id));
  }

  async resume(row: Sandbox): Promise<void> {
    await this.containers.unpause(containerName(row.id));
  }

  /** It has ended: what it still said is taken in, nobody waits for it any longer, and none of its commands runs. */
  async ended(row: Sandbox): Promise<void> {
    await this.guests.end(row.id);
    const end = {
      state: 'killed',
      exitCode: 137,
      signal: 9,
      endReason: 'sandbox_stopped',
      finishedAt: Date.now(),
    } as const;
    await this.commands.finishAll(row.id, end);
  }

  /** It runs, and another service started it: get ready for its agent. */
  async rejoin(row: Sandbox): Promise<void> {
    await this.guests.open(addressOf(row));
  }

  /** Removes everything, whatever there is of it: the container, the channel, what its commands said. */
  async remove(sandboxId: string): Promise<void> {
    await this.containers.remove(containerName(sandboxId));
    await this.guests.discard(sandboxId);
    await rm(outputFolderOf(this.config.dataDir, sandboxId), { recursive: true, force: true });
  }
}
