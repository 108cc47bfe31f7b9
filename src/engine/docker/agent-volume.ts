import { createHash } from 'node:crypto';
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
import { packTar, readSingleFile } from './tar.js';
import { TinyImage } from './tiny-image.js';

const MODE = 0o755;
/** What lies where in the volume; another layout is another volume. */
const LAYOUT = 'bin/agent run/';
const FOLDER = '/atoll';
/** Filling takes a fraction of a second; whoever has been at it for this long has died over it. */
const STALE_MS = 30_000;
const WAIT_MS = 150;

/**
 * The agent's binary in a volume, shared by all sandboxes and all Atolls of an engine, named by its hash.
 *
 * It is filled through a created, never started container that mounts it. The name of that container is the lock: an
 * engine gives a name to one container alone. Who holds it reads the binary back, writes it only if it is not the very
 * one, and reads it back again; so
 * - a volume is used only after its content was compared, whoever filled it and however far they came;
 * - a good one is never written again, so no running agent, and no sandbox that is starting, sees a write;
 * - a crash in mid-fill leaves half a binary, which the next one to look replaces, and the container, which is removed
 *   once it is older than any fill can be (by its id: a newer one of the same name stays), and at once when it was left by a service with our own data
 *   directory: there is one at a time, so that one is dead.
 */
@Injectable()
export class AgentVolume {
  /** Binaries by volume, for the day when somebody removes one. */
  private readonly known = new Map<string, Buffer>();

  private readonly holder: string;
  /** One at a time in this process: a lock of ours that is in the way is then a dead service's. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly client: DockerClient,
    private readonly image: TinyImage,
    config: Config,
    instance: Instance,
  ) {
    const where = [instance.id, hostname(), config.dataDir].join('\0');
    this.holder = createHash('sha256').update(where).digest('hex').slice(0, 16);
  }

  /** Makes sure that the volume of this binary holds it, and returns its name. */
  ensure(binary: Buffer, signal?: AbortSignal): Promise<string> {
    const filled = this.turn.then(() => this.fill(binary, signal));
    this.turn = filled.catch(() => undefined);
    return filled;
  }

  private async fill(binary: Buffer, signal?: AbortSignal): Promise<string> {
    const sha256 = createHash('sha256').update(binary).digest('hex');
    const name = createHash('sha256').update(LAYOUT).update(binary).digest('hex');
    const volume = `atoll-agent-${name.slice(0, 16)}`;
    const id = await this.lock(volume, signal);
    try {
      if (!(await this.holds(id, sha256, signal))) {
        await this.write(id, binary, signal);
        if (!(await this.holds(id, sha256, signal))) {
          throw new EngineError('internal', "The agent's binary is not what was written into its volume.");
        }
      }
    } finally {
      // Whatever the caller's signal says: a lock must go.
      await this.unlock(id).catch(() => undefined);
    }
    this.known.set(volume, binary);
    return volume;
  }

  /** Fills a volume again that this process filled or found before; false for one that it does not know. */
  async restore(volume: string, signal?: AbortSignal): Promise<boolean> {
    const binary = this.known.get(volume);
    if (!binary) return false;
    await this.ensure(binary, signal);
    return true;
  }

  /** The id of the container that we alone have now. */
  private async lock(volume: string, signal?: AbortSignal): Promise<string> {
    const image = await this.image.ensure(signal);
    const name = `${volume}-fill`;
    const deadline = Date.now() + 2 * STALE_MS;
    while (Date.now() < deadline) {
      try {
        const options = {
          name,
          Image: image,
          Entrypoint: ['/nothing'],
          Labels: { [LABEL.role]: 'agent', [LABEL.holder]: this.holder },
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
      if (labels[LABEL.holder] === this.holder) return await this.unlock(container.Id);
      const info = await this.client.read({ what: 'describe itself', signal }, engineInfo);
      const age = Date.parse(info.SystemTime) - Date.parse(container.Created);
      if (age > STALE_MS && labels[LABEL.role] === 'agent') await this.unlock(container.Id);
    } catch (error) {
      if (!isEngineError(error, 'no_such_container')) throw error;
    }
  }

  private async unlock(id: string): Promise<void> {
    const doing = { what: "let go of the agent's volume", missing: 'no_such_container' } as const;
    await this.client
      .call(doing, (docker, abortSignal) => docker.getContainer(id).remove({ force: true, v: true, abortSignal }))
      .catch((error: unknown) => {
        if (!isEngineError(error, 'no_such_container') && !isEngineError(error, 'conflict')) throw error;
      });
  }

  private async holds(id: string, sha256: string, signal?: AbortSignal): Promise<boolean> {
    const doing = { what: "read the agent's volume", missing: 'conflict', signal } as const;
    try {
      const file = await this.client.call(doing, async (docker, abortSignal) => {
        return readSingleFile(await docker.getContainer(id).getArchive({ path: `${FOLDER}/bin/agent`, abortSignal }));
      });
      return file?.sha256 === sha256 && file.mode === MODE;
    } catch (error) {
      if (!isEngineError(error, 'conflict')) throw error;
      return false; // no such file
    }
  }

  private async write(id: string, binary: Buffer, signal?: AbortSignal): Promise<void> {
    // The agent last: where it is, the rest is too.
    const archive = await packTar([
      { name: 'run/', mode: MODE },
      { name: 'bin/', mode: MODE },
      { name: 'bin/agent', mode: MODE, content: binary },
    ]);
    await this.client.call({ what: "fill the agent's volume", signal }, (docker, abortSignal) =>
      docker.getContainer(id).putArchive(archive, { path: FOLDER, abortSignal }),
    );
  }
}
