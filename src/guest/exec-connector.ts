import { setTimeout as sleep } from 'node:timers/promises';
import { AtollError } from '../common/errors/atoll-error.js';
import type { EngineHost } from '../engine/engine-host.js';
import { AGENT_PATH } from './agent-layout.js';
import type { Connector, ProvenStream } from './connector.js';
import { HandshakeError, shakeHands, type HandshakeSecret } from './handshake.js';

const RETRY_MS = 100;
/** PID 1 listens within milliseconds of its start; what fails for longer is not going to work. */
const RETRY_FOR_MS = 5000;

/** `exec`: an engine exec of `agent connect` bridges its stdin and stdout to PID 1. Opened when somebody needs it. */
export class ExecConnector implements Connector {
  private offer?: (proven: ProvenStream) => void;
  private opening?: Promise<void>;
  private current?: ProvenStream;
  private readonly closing = new AbortController();

  constructor(
    private readonly engine: EngineHost,
    private readonly container: string,
    private readonly secret: HandshakeSecret,
  ) {}

  open(offer: (proven: ProvenStream) => void): Promise<void> {
    this.offer = offer;
    return Promise.resolve();
  }

  /** One opening for all who wait: none of their deadlines ends it for the others. */
  wanted(): Promise<void> {
    if (this.current && !this.current.stream.destroyed) return Promise.resolve();
    this.opening ??= this.connect(this.closing.signal).finally(() => (this.opening = undefined));
    return this.opening;
  }

  close(): Promise<void> {
    this.offer = undefined;
    this.closing.abort();
    this.current?.stream.destroy();
    return Promise.resolve();
  }

  private async connect(signal: AbortSignal): Promise<void> {
    const until = performance.now() + RETRY_FOR_MS;
    for (;;) {
      // The container's environment is PID 1's alone: it holds the secret.
      const stream = await this.engine.openExec(
        this.container,
        [AGENT_PATH, 'connect'],
        { ATOLL_SECRET: undefined, ATOLL_RECORD: undefined },
        signal,
      );
      stream.on('error', () => undefined);
      const giveUp = () => stream.destroy();
      signal.addEventListener('abort', giveUp);
      try {
        this.current = { stream, peer: await shakeHands(stream, this.secret) };
        this.offer?.(this.current);
        return;
      } catch (error) {
        if (!(error instanceof HandshakeError)) throw error;
        if (performance.now() > until) throw new AtollError('TIMEOUT', 'the sandbox does not answer', { cause: error });
        await sleep(RETRY_MS, undefined, { signal });
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    }
  }
}
