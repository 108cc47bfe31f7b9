import { within } from '../common/deadline.js';
import type { Session } from './session.js';

export interface Patience {
  /** How long the agent may answer nothing at all, ms. */
  silenceMs: number;
  /** How long the work may take in all, ms. */
  limitMs: number;
}

/** Waits for work that may take its time, as long as the agent shows that it lives: TIMEOUT when it does not, or past the limit. */
export async function whileAlive<T>(session: Session, work: Promise<T>, { silenceMs, limitMs }: Patience): Promise<T> {
  const watch = new Watch(session, silenceMs / 2);
  try {
    return await within(Promise.race([work, watch.silence]), limitMs, 'the sandbox');
  } finally {
    watch.stop();
  }
}

/** Asks the agent again and again. A plain timer and no AbortSignal: giving one up makes two errors, for every call on a file. */
class Watch {
  /** Never resolves; rejects when a question stays without an answer. */
  readonly silence: Promise<never>;
  private stopped = false;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly session: Session,
    private readonly ms: number,
  ) {
    this.silence = new Promise((_, reject) => this.later(reject));
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private later(reject: (error: unknown) => void): void {
    this.timer = setTimeout(() => void this.ask(reject), this.ms);
  }

  /** Nobody awaits it: all that fails, the question itself too, is for who waits. */
  private async ask(reject: (error: unknown) => void): Promise<void> {
    try {
      await this.health();
      if (!this.stopped) this.later(reject);
    } catch (error) {
      if (!this.stopped) reject(error);
    }
  }

  private async health(): Promise<void> {
    const request = this.session.request({ method: 'GET', path: '/health', endStream: true });
    try {
      await within(
        request.ok().then(() => request.readAll(4096)),
        this.ms,
        'the sandbox',
      );
    } finally {
      request.drop();
    }
  }
}
