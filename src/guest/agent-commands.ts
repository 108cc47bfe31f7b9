import { Injectable } from '@nestjs/common';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { CommandStream } from './command-stream.js';
import type { EncodedSpec } from './encoded-spec.js';
import type { Exchange } from './exchange.js';
import type { Guest } from './guest.js';
import { startedOf, startRefusalOf, type StartRefusal } from './reports.js';
import type { Started } from './types.js';

/** A command that runs, with the stream of what it says. */
export interface Running {
  started: Started;
  incarnation: string;
  stream: CommandStream;
}

/** The agent did not start it; nothing is left of the attempt. */
export class StartRefused extends Error {
  constructor(readonly refusal: StartRefusal) {
    super(refusal.message);
  }
}

/** Commands, as the agent offers them. Every wait has a deadline, but reading a running command's output. */
@Injectable()
export class AgentCommands {
  constructor(private readonly config: Config) {}

  /** Starts a command and waits until it runs. Throws StartRefused, GuestEnded, SessionLost or TIMEOUT. */
  async start(guest: Guest, spec: EncodedSpec): Promise<Running> {
    const session = await guest.session();
    const request = session.request({ method: 'POST', path: '/commands' });
    request.write(spec);
    return this.orReset(request, async () => {
      await request.ok();
      const stream = new CommandStream(request);
      const first = await stream.first();
      if (first.type === 'F') throw new StartRefused(startRefusalOf(first.payload));
      if (first.type !== 'S') throw new AtollError('INTERNAL_ERROR', 'the agent answered a start with something else');
      return { started: startedOf(first.payload), incarnation: session.peer.incarnation, stream };
    });
  }

  /**
   * Goes on reading a command's log from a position. `incarnation` is that of the command's own start: undefined means
   * that the sandbox has been started anew since, so that command is no more.
   */
  async attach(guest: Guest, id: string, from: number, incarnation: string): Promise<CommandStream | undefined> {
    const session = await guest.session();
    if (session.peer.incarnation !== incarnation) return undefined;
    const request = session.request({ method: 'POST', path: `/commands/${id}/attach?from=${from}` });
    request.write(Buffer.alloc(0));
    return this.orReset(request, async () => {
      await request.ok();
      return new CommandStream(request);
    });
  }

  /** To the command's process group. 409 when it has finished, 404 when the agent does not know it. */
  async signal(guest: Guest, id: string, signal: number): Promise<void> {
    const session = await guest.session();
    const request = session.request({
      method: 'POST',
      path: `/commands/${id}/signal?signal=${signal}`,
      endStream: true,
    });
    await this.orReset(request, () => request.ok());
  }

  /** A call that takes too long, or fails, leaves no half-open stream behind. */
  private async orReset<T>(request: Exchange, work: () => Promise<T>): Promise<T> {
    try {
      return await within(work(), this.config.agent.callTimeoutMs, 'the sandbox');
    } catch (error) {
      request.drop();
      throw error;
    }
  }
}
