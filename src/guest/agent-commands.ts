import { Injectable } from '@nestjs/common';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import { CommandStream } from './command-stream.js';
import type { EncodedSpec } from './encoded-spec.js';
import type { Exchange } from './exchange.js';
import type { Guest } from './guest.js';
import { pidOf, startedOf, startRefusalOf, stdinTakenOf, type StartRefusal } from './reports.js';
import type { Started, StdinInput, StdinTaken } from './types.js';

const MAX_ANSWER = 4096;

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

/** Commands, as the agent offers them. Every wait has a deadline, but those for a running command: for its output, and that it reads. */
@Injectable()
export class AgentCommands {
  constructor(private readonly config: Config) {}

  /** Starts a command and waits until it runs. Throws StartRefused, GuestEnded, SessionLost or TIMEOUT. */
  async start(guest: Guest, spec: EncodedSpec): Promise<Running> {
    const session = await guest.session();
    const request = session.request({ method: 'POST', path: '/commands', spanEnd: 'data' });
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
    const path = `/commands/${id}/attach?from=${from}`;
    const request = session.request({ method: 'POST', path, spanEnd: 'response' });
    request.write(Buffer.alloc(0));
    return this.orReset(request, async () => {
      const headers = await request.ok();
      return new CommandStream(request, pidOf(headers['x-atoll-pid']));
    });
  }

  /**
   * Writes to the stdin of a command that was started with `openStdin`, as fast as that reads; several calls one after the other. CONFLICT
   * when it has finished, or its stdin takes nothing (more): the message says why, and how much was taken. NOT_FOUND when the
   * agent does not know it, RATE_LIMITED when too many calls write at once.
   */
  async writeStdin(guest: Guest, id: string, { body, close, signal }: StdinInput): Promise<StdinTaken> {
    signal?.throwIfAborted();
    const session = await guest.session();
    const request = session.request({ method: 'PUT', path: `/commands/${id}/stdin?close=${close}`, signal });
    try {
      const answer = request.ok().then(async () => stdinTakenOf(await request.readAll(MAX_ANSWER)));
      if (Buffer.isBuffer(body)) request.end(body);
      // A refusal comes at any time, and must not wait for a source that is silent.
      else await Promise.race([answer, request.pour(body)]);
      return await answer;
    } finally {
      request.drop();
    }
  }

  /** To the command's session: its process group, and those of its children. 409 when it has finished, 404 when the agent does not know it. */
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
