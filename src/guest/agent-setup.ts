import { Injectable, Logger } from '@nestjs/common';
import { Config } from '../config/config.js';
import { EngineHost } from '../engine/engine-host.js';
import { MetaRepository } from '../store/meta.repository.js';
import { readAgentBinary } from './agent-binary.js';
import { TransportProbe } from './transport-probe.js';
import type { Transport } from './types.js';

/** What every sandbox on this engine is made with. */
export interface Setup {
  agentVolume: string;
  transport: Transport;
}

/** Brings the agent to the engine and finds out how it can be spoken to: once per engine and build, then it is remembered. */
@Injectable()
export class AgentSetup {
  private readonly logger = new Logger(AgentSetup.name);
  private prepared?: Promise<Setup>;

  constructor(
    private readonly config: Config,
    private readonly engine: EngineHost,
    private readonly meta: MetaRepository,
    private readonly probe: TransportProbe,
  ) {}

  /** Cheap after the first time. A failure is not remembered: the next call tries again. */
  ready(): Promise<Setup> {
    this.prepared ??= this.prepare().catch((error: unknown) => {
      this.prepared = undefined;
      throw error;
    });
    return this.prepared;
  }

  private async prepare(): Promise<Setup> {
    const engine = await this.engine.describe();
    const { missingLimits } = engine;
    if (missingLimits.length > 0)
      this.logger.warn({ missingLimits }, 'the engine does not enforce these limits: sandboxes run without them');
    const binary = await readAgentBinary(engine.architecture, this.config.agent.path);
    const [agentVolume] = await Promise.all([this.engine.ensureAgentVolume(binary), this.engine.ensureNetwork()]);
    const transport = await this.transport(engine.id, agentVolume);
    void this.removeOthers(agentVolume);
    return { agentVolume, transport };
  }

  /** What older builds left. Nobody waits for it, and the next start tries again. */
  private async removeOthers(agentVolume: string): Promise<void> {
    try {
      const volumes = await this.engine.removeOtherAgentVolumes(agentVolume);
      if (volumes.length > 0) this.logger.log({ volumes }, 'removed volumes of other builds that nobody uses');
    } catch (error) {
      this.logger.debug({ err: error as Error }, 'could not remove the volumes of other builds');
    }
  }

  private async transport(engineId: string, agentVolume: string): Promise<Transport> {
    const { transport } = this.config.agent;
    if (transport !== 'auto') return transport;
    const key = `transport:${engineId}`;
    const known = await this.meta.get(key);
    if (known === 'socket') return known;
    const found = await this.probe.find(agentVolume);
    // `exec` may be the verdict of one slow moment: it holds for as long as this service runs.
    if (found === 'socket') await this.meta.set(key, found);
    return found;
  }
}
