import { Injectable } from '@nestjs/common';
import type { NetworkInspectInfo } from 'dockerode';
import { EngineError, isEngineError } from '../errors.js';
import { LABEL } from '../labels.js';
import { DockerClient } from './docker-client.js';

/**
 * The bridge network of all sandboxes on an engine, whichever Atoll they belong to: nobody on it can talk to anybody else, and an engine has
 * room for about thirty networks only. Sandboxes are attached to it by name, so that it may be made again.
 */
@Injectable()
export class DockerNetwork {
  /** Set while it is being made and, once it has been, for as long as nobody finds it missing. */
  private made?: Promise<void>;

  readonly name = 'atoll-sandboxes';

  constructor(private readonly client: DockerClient) {}

  /** Makes it if it is not there; asks the engine once per process. Two callers at once share the work. */
  async ensure(signal?: AbortSignal): Promise<void> {
    // The work is shared, so one caller's giving up must not end it: it has the deadline of a call.
    this.made ??= this.make().catch((error: unknown) => {
      this.made = undefined;
      throw error;
    });
    await raceAbort(this.made, signal);
  }

  /** Somebody removed it: the next `ensure` makes it again. */
  forget(): void {
    this.made = undefined;
  }

  private async make(): Promise<void> {
    if ((await this.ours()).length > 0) return;
    try {
      const network = await this.client.call({ what: 'make the network' }, (docker, abortSignal) =>
        docker.createNetwork({ ...this.options(), abortSignal }),
      );
      await this.settle(network.id);
    } catch (error) {
      // Another Atoll was first.
      if (!isEngineError(error, 'conflict') || (await this.ours()).length === 0) throw error;
    }
  }

  private options() {
    return {
      Name: this.name,
      Driver: 'bridge',
      CheckDuplicate: true,
      Attachable: false,
      EnableIPv6: false,
      Labels: { [LABEL.role]: 'network' },
      Options: {
        'com.docker.network.bridge.enable_icc': 'false',
        // Should a binding ever name no address.
        'com.docker.network.bridge.host_binding_ipv4': '127.0.0.1',
      },
    };
  }

  /** Older engines let two that ask at the same moment have one network each of the same name: one gives way. */
  private async settle(id: string): Promise<void> {
    const ids = (await this.ours()).map((network) => network.Id).sort();
    if (ids.length < 2 || ids[0] === id) return;
    await this.client
      .call({ what: 'remove the network', missing: 'conflict' }, (docker, abortSignal) =>
        docker.getNetwork(id).remove({ abortSignal }),
      )
      .catch((error: unknown) => {
        if (!isEngineError(error, 'conflict')) throw error;
      });
  }

  private async ours(): Promise<NetworkInspectInfo[]> {
    const filters = { name: [this.name] };
    const found = await this.client.read({ what: 'list networks' }, (docker, abortSignal) =>
      docker.listNetworks({ filters, abortSignal }),
    );
    // The filter matches parts of names, too.
    const named = found.filter((network) => network.Name === this.name);
    const foreign = named.find((network) => network.Labels?.[LABEL.role] !== 'network');
    if (foreign) throw new EngineError('internal', `The network ${this.name} on the engine is not ours: remove it.`);
    return named;
  }
}

function raceAbort<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const onAbort = () =>
    reject(new EngineError('aborted', 'Gave up waiting for the network.', { cause: signal.reason }));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  return promise;
}
