import http from 'node:http';
import https from 'node:https';
import { inspect } from 'node:util';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import Docker from 'dockerode';
import { Config } from '../../config/config.js';
import { engineCallDuration, engineCalls } from '../../common/metrics/metrics.js';
import { beginSpan } from '../../common/traces/tracing.js';
import { EngineGate } from '../engine-gate.js';
import { withDeadline } from './deadline.js';
import { dockerAddress, type DockerAddress } from './docker-address.js';
import { isBrokenConnection, isOvertaken, toEngineError, type Doing } from './docker-errors.js';

export interface CallOptions extends Doing {
  signal?: AbortSignal;
  /** Absent: the configured deadline of every engine call. */
  timeoutMs?: number;
  /** On top of it, for what is meant to take that long. */
  extraMs?: number;
  /** A ping is what finds out whether the engine is there, so it is sent even when it is not. */
  ungated?: boolean;
}

/** What a call gets: dockerode, and the signal to hand on to it as `abortSignal`. */
export type Work<T> = (docker: Docker, abortSignal: AbortSignal) => Promise<T>;

/**
 * The one way to the engine: every call has a deadline, can be given up, and fails with an EngineError.
 * Calls that change something have a connection each: one that the engine closed while it was idle would leave open
 * whether the change was made, and a new one costs 0.1 ms on a unix socket. Reads keep theirs where connecting costs
 * something (TCP, TLS), since they can simply be sent again.
 */
@Injectable()
export class DockerClient implements OnApplicationShutdown {
  private readonly agents: http.Agent[] = [];
  private readonly forReads: Docker;
  private readonly forChanges: Docker;
  private readonly timeoutMs: number;
  private address: DockerAddress;

  constructor(
    private readonly config: Config,
    private readonly gate: EngineGate,
  ) {
    this.address = dockerAddress(config.engine);
    const { address } = this;
    this.timeoutMs = config.engine.timeoutMs;
    this.forReads = this.connect(address, address.socketPath === undefined);
    this.forChanges = this.connect(address, false);
  }

  /** A call that changes something, or whose answer is a stream. Sent once. */
  call<T>(options: CallOptions, work: Work<T>): Promise<T> {
    return this.run(this.forChanges, options, work);
  }

  /** A call that changes nothing. Sent once more when the connection breaks, or where the engine asks for that. */
  async read<T>(options: CallOptions, work: Work<T>): Promise<T> {
    try {
      return await this.run(this.forReads, options, work);
    } catch (error) {
      if (!isBrokenConnection(error) && !isOvertaken(error)) throw error;
      return this.run(this.forChanges, options, work);
    }
  }

  /**
   * Reads the certificates again, which somebody renews while the service runs. Returns whether they are others now; half a set is
   * looked at again when it is whole.
   */
  renewCertificates(): boolean {
    const { ca, cert, key } = this.address;
    if (!cert || !key) return false;
    let renewed: DockerAddress;
    try {
      renewed = dockerAddress(this.config.engine);
    } catch {
      return false;
    }
    if (isSame(ca, renewed.ca) && isSame(cert, renewed.cert) && isSame(key, renewed.key)) return false;
    this.address = renewed;
    for (const docker of [this.forReads, this.forChanges])
      Object.assign(docker.modem, { ca: renewed.ca, cert: renewed.cert, key: renewed.key });
    return true;
  }

  /** Only once the API is closed: requests that are under way still need the engine. */
  onApplicationShutdown(): void {
    for (const agent of this.agents) agent.destroy();
  }

  private async run<T>(docker: Docker, options: CallOptions, work: Work<T>): Promise<T> {
    const { signal, what, timeoutMs = this.timeoutMs, extraMs = 0, ungated } = options;
    if (!ungated) this.gate.pass();
    const observed = engineCallDuration.startTimer({ call: what });
    const span = beginSpan(() => ({ name: `engine: ${what}`, attributes: { 'atoll.engine.call': what } }));
    const gone = ungated ? undefined : this.gate.gone;
    try {
      const answer = await withDeadline({ signal, gone, timeoutMs: timeoutMs + extraMs, what }, (abortSignal) =>
        work(docker, abortSignal),
      );
      engineCalls.inc({ call: what, result: 'ok' });
      span?.end();
      return answer;
    } catch (error) {
      const told = toEngineError(error, options);
      engineCalls.inc({ call: what, result: told.kind });
      span?.end({ error: told.kind });
      throw told;
    } finally {
      observed();
    }
  }

  private connect(address: DockerAddress, keepAlive: boolean): Docker {
    const options: http.AgentOptions = { keepAlive, maxFreeSockets: 8, timeout: keepAlive ? 20_000 : undefined };
    const agent = address.protocol === 'https' ? new https.Agent(options) : new http.Agent(options);
    // docker-modem prints the options of each request, to its full depth, for a debug log that is off. The agent holds all connections with all
    // that hangs on them: with a hundred calls under way that stops the whole service for seconds.
    Object.defineProperty(agent, inspect.custom, { value: () => 'Agent' });
    this.agents.push(agent);
    // What is left out dockerode takes from the environment by itself: say all of it.
    const all = { host: undefined, port: undefined, socketPath: undefined, timeout: undefined, headers: {} };
    return new Docker({ ...all, ...address, agent } as Docker.DockerOptions);
  }
}

const isSame = (one: Buffer | undefined, other: Buffer | undefined) => one?.equals(other ?? Buffer.alloc(0)) ?? !other;
