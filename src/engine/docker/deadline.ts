import { EngineError } from '../errors.js';

/** How long one call may take, and by what its caller gives up. */
export interface Bounds {
  signal?: AbortSignal;
  /** Fires, with the error to throw, when the engine is found to be away. */
  gone?: AbortSignal;
  timeoutMs: number;
  /** Ends a sentence: `create the container`. */
  what: string;
}

/**
 * Runs work that stops at its signal, and settles at the deadline or the caller's abort even if the work does not:
 * dockerode's promise never settles when a connection breaks in the middle of an answer.
 */
export async function withDeadline<T>(bounds: Bounds, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, gone, timeoutMs, what } = bounds;
  const controller = new AbortController();
  const gaveUp = Promise.withResolvers<never>();
  const giveUp = (error: EngineError) => {
    gaveUp.reject(error);
    controller.abort(error);
  };
  const onAbort = () =>
    giveUp(new EngineError('aborted', `Gave up waiting for the engine to ${what}.`, { cause: signal?.reason }));
  const onGone = () => giveUp(gone?.reason as EngineError);
  const timer = setTimeout(
    () => giveUp(new EngineError('timeout', `The container engine took too long to ${what}.`)),
    timeoutMs,
  );
  try {
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    gone?.addEventListener('abort', onGone, { once: true });
    return await Promise.race([gaveUp.promise, controller.signal.aborted ? gaveUp.promise : work(controller.signal)]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    gone?.removeEventListener('abort', onGone);
  }
}
