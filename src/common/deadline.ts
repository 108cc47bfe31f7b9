import { AtollError } from './errors/atoll-error.js';

/**
 * Waits for a promise at most this long, then throws TIMEOUT with the sentence given. The work itself goes on: hand
 * it a signal where it can be given up.
 */
export async function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AtollError('TIMEOUT', `${what} took longer than ${milliseconds} ms`)),
      milliseconds,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
