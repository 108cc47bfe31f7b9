import { Injectable, Logger } from '@nestjs/common';
import { newId, newSecret } from '../common/ids.js';
import { Containers } from '../engine/containers.js';
import { EngineHost } from '../engine/engine-host.js';
import { isEngineError } from '../engine/errors.js';
import { LABEL } from '../engine/labels.js';
import { Guests } from './guests.js';
import { agentContainer } from './agent-container.js';
import type { Transport } from './types.js';

const PROBE_LIMITS = { memoryBytes: 256 * 1024 * 1024, cpus: 1, pids: 128, openFiles: 1024, coreBytes: 0 };

/** Finds out which transport an engine can do, by a real container with our agent in it. */
@Injectable()
export class TransportProbe {
  private readonly logger = new Logger(TransportProbe.name);

  constructor(
    private readonly engine: EngineHost,
    private readonly containers: Containers,
    private readonly guests: Guests,
  ) {}

  async find(agentVolume: string): Promise<Transport> {
    const socket = await this.try('socket', agentVolume);
    if (!socket) return 'socket';
    this.logger.log(`the socket transport does not work on this engine (${socket.message}); using exec`);
    const exec = await this.try('exec', agentVolume);
    if (!exec) return 'exec';
    throw exec;
  }

  /** Undefined when it works, else why not. An engine that is away says nothing about transports. */
  private async try(transport: Transport, agentVolume: string): Promise<Error | undefined> {
    const sandboxId = newId('sb');
    const address = { sandboxId, containerName: `atoll-probe-${sandboxId}`, secret: newSecret(), transport };
    try {
      const runFolder = await this.guests.open(address);
      const imageId = await this.engine.ensureTinyImage();
      const image = { id: imageId, envNames: [] };
      await this.containers.create(
        agentContainer(address, {
          image,
          agentVolume,
          runFolder,
          limits: PROBE_LIMITS,
          ports: [],
          labels: { [LABEL.role]: 'probe', [LABEL.created]: String(Date.now()) },
          hostname: 'probe',
        }),
      );
      await this.containers.start(address.containerName);
      await this.guests.get(sandboxId).session();
      return undefined;
    } catch (error) {
      if (isEngineError(error, 'unavailable')) throw error;
      return error as Error;
    } finally {
      await this.containers.remove(address.containerName);
      await this.guests.discard(sandboxId);
    }
  }
}
