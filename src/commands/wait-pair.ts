import { toAtollError } from '../common/errors/to-atoll-error.js';
import type { Command } from '../store/command.types.js';
import { toDetail } from './command-view.js';
import type { CommandWatch } from './command-watch.js';
import type { CommandAnswer } from './dto/command.responses.dto.js';

/** A reason of its own: without one, each wait that ends makes an error with its stack. */
const GIVEN_UP = 'given up';

type Line = CommandAnswer | { type: 'error'; code: string; message: string };

/**
 * The ND-JSON pair: the command as it is now, then as it ended, or as it is when the wait's own time is over. Not a generator: a client that
 * goes away must not leave one suspended until the command's end.
 */
export function waitPair(watch: CommandWatch, now: Command, timeoutMs?: number): AsyncIterable<Line> {
  return {
    [Symbol.asyncIterator]() {
      const givenUp = new AbortController();
      let left = false;
      let sent = 0;
      return {
        async next() {
          sent += 1;
          if (sent === 1) return { done: false, value: { command: toDetail(now) } };
          if (sent > 2) return { done: true, value: undefined };
          const ended = await endOf(watch, now, givenUp, timeoutMs);
          return left ? { done: true, value: undefined } : { done: false, value: ended };
        },
        return() {
          left = true;
          givenUp.abort(GIVEN_UP);
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}

async function endOf(watch: CommandWatch, now: Command, givenUp: AbortController, timeoutMs?: number): Promise<Line> {
  if (now.state !== 'running') return { command: toDetail(now) };
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => givenUp.abort(GIVEN_UP), timeoutMs);
  try {
    return { command: toDetail((await watch.end(now, givenUp.signal)) ?? (await watch.look(now))) };
  } catch (error) {
    const { code, message } = toAtollError(error);
    return { type: 'error', code, message };
  } finally {
    clearTimeout(timer);
  }
}
