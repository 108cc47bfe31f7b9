import type { Command } from '../store/command.types.js';
import { toDetail } from './command-view.js';
import type { CommandAnswer } from './dto/command.responses.dto.js';

/**
 * The ND-JSON pair: the command as it is now, then as it ended. Not a generator: a client that goes away must not
 * leave one suspended until the command's end.
 */
export function waitPair(now: Command, end: Promise<Command> | undefined): AsyncIterable<CommandAnswer> {
  return {
    [Symbol.asyncIterator]() {
      let sent = 0;
      let leave: (() => void) | undefined;
      const left = new Promise<undefined>((resolve) => (leave = () => resolve(undefined)));
      return {
        async next() {
          sent += 1;
          if (sent === 1) return { done: false, value: { command: toDetail(now) } };
          if (sent > 2) return { done: true, value: undefined };
          const ended = await Promise.race([end ?? now, left]);
          return ended ? { done: false, value: { command: toDetail(ended) } } : { done: true, value: undefined };
        },
        return() {
          leave?.();
          return Promise.resolve({ done: true, value: undefined });
        },
      };
    },
  };
}
