import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { EngineHost } from '../engine-host.js';
import { EngineError, isEngineError } from '../errors.js';
import type { EngineDescription } from '../types.js';
import { AgentVolume } from './agent-volume.js';
import { DockerClient } from './docker-client.js';
import { type EngineInfo, engineInfo, engineVersion, ping } from './dockerode-gaps.js';
import { openExec } from './docker-exec.js';
import { DockerNetwork } from './docker-network.js';
import { OwnedContainers } from './owned-containers.js';
import { TinyImage } from './tiny-image.js';

/** Below what a client of health waits, far above what an engine takes. */
const PING_MS = 1500;

@Injectable()
export class DockerEngineHost extends EngineHost {
  constructor(
    private readonly client: DockerClient,
    private readonly owned: OwnedContainers,
    private readonly network: DockerNetwork,
    private readonly agentVolume: AgentVolume,
    private readonly tinyImage: TinyImage,
  ) {
    super();
  }

  async ping(signal?: AbortSignal): Promise<void> {
    // By `call`: a connection of its own, so that it tells how the engine is now.
    const once = () => this.client.call({ what: 'answer', timeoutMs: PING_MS, signal, ungated: true }, ping);
    try {
      await once().catch((error: unknown) => {
        if (!this.client.renewCertificates()) throw error;
        return once();
      });
    } catch (error) {
      if (isEngineError(error, 'aborted') || isEngineError(error, 'unavailable')) throw error;
      throw new EngineError('unavailable', 'The container engine does not answer.', { cause: error });
    }
  }

  async describe(signal?: AbortSignal): Promise<EngineDescription> {
    const [info, version] = await Promise.all([
      this.client.read({ what: 'describe itself', signal }, engineInfo),
      this.client.read({ what: 'tell its version', signal }, engineVersion),
    ]);
    return {
      id: info.ID,
      version: version.Version,
      architecture: version.Arch,
      // Engines before 20.10 know no other and say nothing.
      cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
      missingLimits: missingLimits(info),
    };
  }

  ensureNetwork(signal?: AbortSignal): Promise<void> {
    return this.network.ensure(signal);
  }

  ensureAgentVolume(binary: Buffer, signal?: AbortSignal): Promise<string> {
    return this.agentVolume.ensure(binary, signal);
  }

  removeOtherAgentVolumes(kept: string, signal?: AbortSignal): Promise<string[]> {
    return this.agentVolume.removeOthers(kept, signal);
  }

  ensureTinyImage(signal?: AbortSignal): Promise<string> {
    return this.tinyImage.ensure(signal);
  }

  openExec(
    container: string,
    command: string[],
    env: Record<string, string | undefined>,
    signal?: AbortSignal,
  ): Promise<Duplex> {
    return this.owned.use(container, signal, (id) => openExec(this.client, id, { command, env }, signal));
  }
}

/** A container without a CPU limit is refused by the engine itself; these are dropped. */
function missingLimits({ MemoryLimit, SwapLimit, PidsLimit }: EngineInfo): EngineDescription['missingLimits'] {
  const there = { memory: MemoryLimit, swap: SwapLimit, pids: PidsLimit };
  return (Object.keys(there) as (keyof typeof there)[]).filter((limit) => !there[limit]);
}
