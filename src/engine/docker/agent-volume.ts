import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { EngineError, isEngineError } from '../errors.js';
import { LABEL } from '../labels.js';
import { AgentVolumeLock, FOLDER } from './agent-volume-lock.js';
import { DockerClient } from './docker-client.js';
import { packTar, readSingleFile } from './tar.js';

const MODE = 0o755;
const NAME = /^atoll-agent-[0-9a-f]{16}$/;
/** What lies where in the volume; another layout is another volume. */
const LAYOUT = 'bin/agent run/';

/**
 * The agent's binary in a volume, shared by all sandboxes and all Atolls of an engine, named by its hash.
 *
 * It is filled through a created, never started container that mounts it. The name of that container is the lock: an
 * engine gives a name to one container alone. Who holds it reads the binary back, writes it only if it is not the very
 * one, and reads it back again; so
 * - a volume is used only after its content was compared, whoever filled it and however far they came;
 * - a good one is never written again, so no running agent, and no sandbox that is starting, sees a write;
 * - a crash in mid-fill leaves half a binary, which the next one to look replaces, and the container, which AgentVolumeLock removes.
 */
@Injectable()
export class AgentVolume {
  /** Binaries by volume, for the day when somebody removes one. */
  private readonly known = new Map<string, Buffer>();

  /** One at a time in this process: a lock of ours that is in the way is then a dead service's. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly client: DockerClient,
    private readonly lock: AgentVolumeLock,
  ) {}

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
    const id = await this.lock.take(volume, signal);
    try {
      if (!(await this.holds(id, sha256, signal))) {
        await this.write(id, binary, signal);
        if (!(await this.holds(id, sha256, signal))) {
          throw new EngineError('internal', "The agent's binary is not what was written into its volume.");
        }
      }
    } finally {
      // Whatever the caller's signal says: a lock must go.
      await this.lock.release(id).catch(() => undefined);
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

  /** Removes volumes of other builds that no container mounts. An Atoll that still wants one of them fills it again. */
  async removeOthers(kept: string, signal?: AbortSignal): Promise<string[]> {
    const removed: string[] = [];
    const filters = { label: [`${LABEL.role}=agent`] };
    const { Volumes } = await this.client.read({ what: 'list volumes', signal }, (docker, abortSignal) =>
      docker.listVolumes({ filters, abortSignal } as object),
    );
    for (const { Name } of Volumes) {
      if (Name !== kept && NAME.test(Name) && (await this.remove(Name, signal))) removed.push(Name);
    }
    return removed;
  }

  private async remove(volume: string, signal?: AbortSignal): Promise<boolean> {
    try {
      await this.client.call({ what: 'remove a volume', missing: 'conflict', signal }, (docker, abortSignal) =>
        docker.getVolume(volume).remove({ abortSignal }),
      );
      return true;
    } catch (error) {
      if (!isEngineError(error, 'conflict')) throw error; // in use, or gone
      return false;
    }
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
