import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Config } from '../../config/config.js';
import { EngineError, isEngineError } from '../errors.js';
import { Instance } from '../instance.js';
import { LABEL } from '../labels.js';
import { agentMount } from './container-options.js';
import { DockerClient } from './docker-client.js';
import { createContainer, engineInfo } from './dockerode-gaps.js';
import { LockHolder } from './lock-holder.js';
import { TinyImage } from './tiny-image.js';

/** Where the volume is mounted in the container that is its lock. */
export const FOLDER = '/atoll';
/** Filling takes a fraction of a second; whoever has been at it for this long has died over it. */
const STALE_MS = 30_000;
const WAIT_MS = 150;

/**
 * Who may look at an agent's volume and write it: whoever has the container of its name, created and never started. A lock whose holder has died is
 * removed: at once when that can be seen from here, else once it is older than any fill can be.
 */
@Injectable()
export class AgentVolumeLock {
  private readonly holder: LockHolder;

  constructor(
    private readonly client: DockerClient,
    private readonly image: TinyImage,
    config: Config,
    instance: Instance,
  ) {
    this.holder = new LockHolder([instance.id, hostname(), config.dataDir]);
  }

  /** The id of the container that we alone have now. */
  async take(volume: string, signal?: AbortSignal): Promise<string> {
    const image = await this.image.ensure(signal);
    const name = `${volume}-fill`;
    const deadline = performance.now() + 2 * STALE_MS;
    while (performance.now() < deadline) {
      try {
        const options = {
          name,
          Image: image,
          Entrypoint: ['/nothing'],
          Labels: { [LABEL.role]: 'agent', [LABEL.holder]: this.holder.label },
          HostConfig: {
            NetworkMode: 'none',
            Mounts: [agentMount({ volume, target: FOLDER, readOnly: false })],
          },
        };
        const container = await this.client.call({ what: "fill the agent's volume", signal }, (docker, abortSignal) =>
          createContainer(docker, options, abortSignal),
        );
        return container.id;
      } catch (error) {
        if (!isEngineError(error, 'conflict')) throw error;
        await this.breakStale(name, signal);
        await delay(WAIT_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    throw new EngineError('timeout', "Another service takes too long to fill the agent's volume.");
  }

  /** Removes the lock of somebody who died over it. Both times are the engine's. */
  private async breakStale(name: string, signal?: AbortSignal): Promise<void> {
    const doing = { what: "look at the agent's volume", missing: 'no_such_container', signal } as const;
    try {
      const container = await this.client.read(doing, (docker, abortSignal) =>
        docker.getContainer(name).inspect({ abortSignal }),
      );
      const labels = container.Config.Labels;
      const died = labels[LABEL.role] === 'agent' && this.holder.hasDied(labels[LABEL.holder] ?? '');
      if (died) return await this.release(container.Id);
      const info = await this.client.read({ what: 'describe itself', signal }, engineInfo);
      const age = Date.parse(info.SystemTime) - Date.parse(container.Created);
      if (age > STALE_MS && labels[LABEL.role] === 'agent') await this.release(container.Id);
    } catch (error) {
      if (!isEngineError(error, 'no_such_container')) throw error;
    }
  }

  /** Fine when it is gone. */
  async release(id: string): Promise<void> {
    const doing = { what: "let go of the agent's volume", missing: 'no_such_container' } as const;
    await this.client
      .call(doing, (docker, abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }))
      .catch((error: unknown) => {
        if (!isEngineError(error, 'no_such_container') && !isEngineError(error, 'conflict')) throw error;
      });
  }
}
