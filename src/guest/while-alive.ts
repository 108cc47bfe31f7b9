import { setTimeout as sleep } from 'node:timers/promises';
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
  const over = new AbortController();
  try {
    return await within(Promise.race([work, watch(session, silenceMs / 2, over.signal)]), limitMs, 'the sandbox');
  } finally {
    over.abort();
  }
}

/** Never resolves; rejects when a question stays without an answer. */
async function watch(session: Session, ms: number, over: AbortSignal): Promise<never> {
  try {
    for (;;) {
      await sleep(ms, undefined, { signal: over });
      const request = session.request({ method: 'GET', path: '/health', endStream: true });
      try {
        await within(
          request.ok().then(() => request.readAll(4096)),
          ms,
          'the sandbox',
        );
      } finally {
        request.drop();
      }
    }
  } catch (error) {
    if (!over.aborted) throw error;
    return new Promise<never>(() => undefined); // nobody waits any more
  }
}
