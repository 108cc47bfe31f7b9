import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Containers } from '../containers.js';
import { EngineError, isEngineError } from '../errors.js';
import { Instance } from '../instance.js';
import { LABEL } from '../labels.js';
import type { ContainerEvent, ContainerInfo, ContainerSpec, ContainerSummary } from '../types.js';
import { AgentVolume } from './agent-volume.js';
import { containerInfo, containerStatus, environmentOf } from './container-mapping.js';
import { AGENT_FOLDER, createOptions } from './container-options.js';
import { expectDiskLimit } from './disk-limit.js';
import { DockerClient, type Work } from './docker-client.js';
import { createContainer, inspectSize } from './dockerode-gaps.js';
import { engineText } from './docker-errors.js';
import { subscribe } from './docker-events.js';
import { DockerNetwork } from './docker-network.js';
import { oomTookPid1 } from './oom-evidence.js';
import { isContainerName, OwnedContainers } from './owned-containers.js';

@Injectable()
export class DockerContainers extends Containers {
  constructor(
    private readonly client: DockerClient,
    private readonly instance: Instance,
    private readonly owned: OwnedContainers,
    private readonly network: DockerNetwork,
    private readonly agentVolume: AgentVolume,
  ) {
    super();
  }

  async create(spec: ContainerSpec, signal?: AbortSignal): Promise<void> {
    if (!isContainerName(spec.name)) throw new EngineError('invalid', 'This can not be the name of a container.');
    if (spec.limits.diskBytes !== undefined) await expectDiskLimit(this.client, signal);
    await this.network.ensure(signal);
    await this.withNetwork(signal, async () => {
      const options = createOptions(spec, { instance: this.instance.id, network: this.network.name });
      const container = await this.client.call({ what: 'create the container', signal }, (docker, abortSignal) =>
        createContainer(docker, options, abortSignal),
      );
      this.owned.remember(spec.name, container.id);
    });
  }

  async start(name: string, signal?: AbortSignal): Promise<void> {
    const start = () =>
      this.act(
        { name, what: 'start the container', signal },
        (id) => (docker, abortSignal) => docker.getContainer(id).start({ abortSignal }),
      );
    await this.withNetwork(signal, async () => {
      try {
        await start();
      } catch (error) {
        if (!isAgentMissing(error) || !(await this.restoreAgent(name, signal))) throw error;
        await start();
      }
    });
  }

  async stop(name: string, graceSeconds: number, signal?: AbortSignal): Promise<void> {
    const info = await this.owned.inspect(name, signal);
    // An engine leaves a paused container paused and kills it after the grace: it could not obey the TERM.
    if (info?.State.Paused) await this.ignoring('conflict', this.unpause(name, signal));
    const t = Math.max(0, Math.ceil(graceSeconds));
    await this.act(
      { name, what: 'stop the container', signal, extraMs: t * 1000 },
      (id) => (docker, abortSignal) => docker.getContainer(id).stop({ t, abortSignal }),
    );
  }

  async pause(name: string, signal?: AbortSignal): Promise<void> {
    await this.act(
      { name, what: 'pause the container', signal },
      (id) => (docker, abortSignal) => docker.getContainer(id).pause({ abortSignal }),
    );
  }

  async unpause(name: string, signal?: AbortSignal): Promise<void> {
    await this.act(
      { name, what: 'unpause the container', signal },
      (id) => (docker, abortSignal) => docker.getContainer(id).unpause({ abortSignal }),
    );
  }

  async remove(name: string, signal?: AbortSignal): Promise<void> {
    const remove = this.act(
      { name, what: 'remove the container', signal },
      (id) => (docker, abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
    );
    try {
      await this.ignoring('no_such_container', remove);
    } catch (error) {
      if (!/already in progress/i.test(engineText(error))) throw error;
      await this.gone(name, signal);
    }
    this.owned.forget(name);
  }

  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInfo | undefined> {
    const raw = await this.owned.inspect(name, signal);
    return raw && { ...containerInfo(raw), oomKilled: await oomTookPid1(this.client, raw) };
  }

  async environment(name: string, signal?: AbortSignal): Promise<Record<string, string> | undefined> {
    const raw = await this.owned.inspect(name, signal);
    return raw && environmentOf(raw);
  }

  diskUsage(name: string, signal?: AbortSignal): Promise<number> {
    return this.owned.use(name, signal, async (id) => {
      const doing = { what: 'count what is on the disk', missing: 'no_such_container', signal } as const;
      const { SizeRw } = await this.client.read(doing, (docker, abortSignal) => inspectSize(docker, id, abortSignal));
      return SizeRw ?? 0;
    });
  }

  async list(signal?: AbortSignal): Promise<ContainerSummary[]> {
    const filters = { label: [`${LABEL.instance}=${this.instance.id}`] };
    const found = await this.client.read({ what: 'list containers', signal }, (docker, abortSignal) =>
      docker.listContainers({ all: true, filters, abortSignal }),
    );
    return found.map((raw) => ({
      name: (raw.Names[0] ?? '').replace(/^\//, ''),
      labels: raw.Labels,
      status: containerStatus(raw.State),
    }));
  }

  events(signal: AbortSignal): Promise<AsyncIterable<ContainerEvent>> {
    return subscribe(this.client, this.instance.id, signal);
  }

  /** One call on one of our containers. That it is so already (304) is fine. */
  private async act(
    call: { name: string; what: string; signal?: AbortSignal; extraMs?: number },
    work: (id: string) => Work<unknown>,
  ): Promise<void> {
    const { name, what, signal, extraMs } = call;
    await this.owned.use(name, signal, async (id) => {
      try {
        await this.client.call({ what, missing: 'no_such_container', signal, extraMs }, work(id));
      } catch (error) {
        if (!isAlreadySo(error)) throw error;
      }
    });
  }

  /** Runs work, and once more with a new network when somebody removed ours. */
  private async withNetwork(signal: AbortSignal | undefined, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isNetworkMissing(error)) throw error;
      this.network.forget();
      await this.network.ensure(signal);
      await work();
    }
  }

  /** Somebody removed the agent's volume, and the engine made an empty one in its place without a word. */
  private async restoreAgent(name: string, signal?: AbortSignal): Promise<boolean> {
    const info = await this.owned.inspect(name, signal);
    const volume = info?.Mounts.find((mount) => mount.Destination === AGENT_FOLDER)?.Name;
    return volume !== undefined && this.agentVolume.restore(volume, signal);
  }

  /** Somebody else's removal of the same container is under way: waits for it. */
  private async gone(name: string, signal?: AbortSignal): Promise<void> {
    for (let tries = 0; tries < 100; tries++) {
      if ((await this.owned.inspect(name, signal)) === undefined) return;
      await delay(100);
    }
    throw new EngineError('timeout', 'The container engine took too long to remove the container.');
  }

  private async ignoring(kind: 'conflict' | 'no_such_container', work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!isEngineError(error, kind)) throw error;
    }
  }
}

const isAlreadySo = (error: unknown) =>
  error instanceof EngineError && (error.cause as { statusCode?: number } | undefined)?.statusCode === 304;

const isNetworkMissing = (error: unknown) => /network \S+ not found/i.test(engineText(error));

/** No file, or half of one, where PID 1's program should be. */
const isAgentMissing = (error: unknown) => {
  const text = engineText(error);
  return (
    /exec format error/i.test(text) ||
    (text.includes(`${AGENT_FOLDER}/`) && /no such file|not found|read-only file system/i.test(text))
  );
};
