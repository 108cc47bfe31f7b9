import { AtollError } from '../common/errors/atoll-error.js';
import { agentSessions, agentSessionsLost, agentSessionsOpened, queueLength } from '../common/metrics/metrics.js';
import type { Connector, ProvenStream } from './connector.js';
import { Session } from './session.js';
import type { GuestAddress } from './types.js';

/** The sandbox has ended: no session will come any more. */
export class GuestEnded extends AtollError {
  constructor() {
    super('CONFLICT', 'the sandbox is not running');
  }
}

export interface GuestObserver {
  /** The last session is gone and nobody asked for it. */
  lost(guest: Guest): void;
}

/** Somebody who waits for a session. */
interface Waiter {
  resolve: (session: Session) => void;
  reject: (error: Error) => void;
  /** Tells the connector that a session is wanted. */
  ask: () => void;
}

/** One sandbox's agent: keeps at most one session, and hands it to all who call. */
export class Guest {
  private current?: Session;
  private readonly waiters = new Set<Waiter>();
  private readonly tasks = new Set<Promise<unknown>>();
  private ended = false;
  private met = false;

  constructor(
    readonly address: GuestAddress,
    private readonly connector: Connector,
    private readonly observer: GuestObserver,
    private readonly openTimeoutMs: number,
  ) {}

  /** Gets ready to be connected to. Call it before the container starts. */
  async prepare(): Promise<void> {
    await this.connector.open((proven) => this.accept(proven));
  }

  /** The session, once there is one. Throws GuestEnded, TIMEOUT after the open timeout, or what the engine says. */
  async session(): Promise<Session> {
    if (this.ended) throw new GuestEnded();
    if (this.current?.usable) return this.current;
    // One that is going takes nothing new, but it would be there as long as its last stream: a command's, a watch, a download. Those are
    // attached to again, or fail; nobody else waits for them.
    this.current?.close();
    const deadline = AbortSignal.timeout(this.openTimeoutMs);
    return new Promise<Session>((resolve, reject) => {
      const waiter: Waiter = {
        resolve: (session) => done(() => resolve(session)),
        reject: (error) => done(() => reject(error)),
        ask: () => void this.connector.wanted().catch((error: unknown) => waiter.reject(error as Error)),
      };
      const onDeadline = () => waiter.reject(new AtollError('TIMEOUT', 'the sandbox does not answer'));
      const done = (act: () => void) => {
        if (this.waiters.delete(waiter)) queueLength.dec({ queue: 'agent_sessions' });
        deadline.removeEventListener('abort', onDeadline);
        act();
      };
      deadline.addEventListener('abort', onDeadline);
      this.waiters.add(waiter);
      queueLength.inc({ queue: 'agent_sessions' });
      waiter.ask();
    });
  }

  /** Keeps count of work that reads from this guest, so that `end` can let it finish what has already arrived. */
  track<T>(task: Promise<T>): Promise<T> {
    const counted = task.catch(() => undefined).finally(() => this.tasks.delete(counted));
    this.tasks.add(counted);
    return task;
  }

  /** The sandbox is not running (any more): whoever waits is told, and what was tracked gets to its end. */
  async end(): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    for (const waiter of this.waiters) waiter.reject(new GuestEnded());
    await this.connector.close();
    this.current?.close();
    await Promise.allSettled(this.tasks);
  }

  /** Of two proven sessions the newer wins. */
  private accept({ stream, peer }: ProvenStream): void {
    if (this.ended) {
      stream.destroy();
      return;
    }
    const older = this.current;
    const session = Session.open(stream, peer);
    this.current = session;
    older?.close();
    const { transport } = this.address;
    agentSessions.inc({ transport });
    agentSessionsOpened.inc({ transport, kind: this.met ? 'again' : 'first' });
    this.met = true;
    void session.closed.then(() => {
      agentSessions.dec({ transport });
      if (this.current !== session) return;
      this.current = undefined;
      // They asked while it was going, when the connector saw no need of another yet.
      for (const waiter of this.waiters) waiter.ask();
      if (this.ended) return;
      agentSessionsLost.inc({ transport });
      this.observer.lost(this);
    });
    for (const waiter of this.waiters) waiter.resolve(session);
  }
}
