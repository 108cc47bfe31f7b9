import { Injectable } from '@nestjs/common';
import type { ContainerInspectInfo } from 'dockerode';
import { EngineError, isEngineError } from '../errors.js';
import { Instance } from '../instance.js';
import { LABEL } from '../labels.js';
import { DockerClient } from './docker-client.js';

/** Names kept; a forgotten one costs an inspect. */
const REMEMBERED = 10_000;

/**
 * From a name to the engine's id of a container that is ours. An id never gets another label, so one that was ours stays
 * ours: calls go by id, and only the first one on a container that this process did not make looks at its label.
 */
@Injectable()
export class OwnedContainers {
  private readonly ids = new Map<string, string>();

  constructor(
    private readonly client: DockerClient,
    private readonly instance: Instance,
  ) {}

  /** A container that was just made with our labels. */
  remember(name: string, id: string): void {
    this.ids.delete(name);
    this.ids.set(name, id);
    if (this.ids.size > REMEMBERED) this.ids.delete(this.ids.keys().next().value as string);
  }

  forget(name: string): void {
    this.ids.delete(name);
  }

  /** What the engine knows of our container of this name; undefined when there is none, or it is somebody else's. */
  async inspect(name: string, signal?: AbortSignal): Promise<ContainerInspectInfo | undefined> {
    if (!isContainerName(name)) return undefined;
    try {
      const info = await this.client.read(
        { what: 'look at the container', missing: 'no_such_container', signal },
        (docker, abortSignal) => docker.getContainer(name).inspect({ abortSignal }),
      );
      // The engine takes the beginning of an id for a name, too.
      if (info.Name !== `/${name}` || info.Config.Labels?.[LABEL.instance] !== this.instance.id) return undefined;
      this.remember(name, info.Id);
      return info;
    } catch (error) {
      if (!isEngineError(error, 'no_such_container')) throw error;
      this.forget(name);
      return undefined;
    }
  }

  /** Does something to our container of this name, by its id. Throws `no_such_container` when there is none. */
  async use<T>(name: string, signal: AbortSignal | undefined, action: (id: string) => Promise<T>): Promise<T> {
    const known = this.ids.get(name);
    if (known !== undefined) {
      try {
        return await action(known);
      } catch (error) {
        if (!isEngineError(error, 'no_such_container')) throw error;
        // Gone, or made again under the same name by another replica of ours.
        this.forget(name);
      }
    }
    const id = (await this.inspect(name, signal))?.Id;
    if (id === undefined) throw new EngineError('no_such_container', 'There is no such container.');
    return action(id);
  }
}

/** As engines have it; anything else could not be the name of a container, but be another path of the API. */
export function isContainerName(name: string): boolean {
  return /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name);
}
