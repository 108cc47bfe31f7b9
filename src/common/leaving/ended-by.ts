/**
 * The same stream until `leaving` fires; then `last` is its last item, at once, whatever the stream is waiting for. An item is never cut: what was
 * handed out before is whole.
 */
export function endedBy<T>(
  leaving: AbortSignal,
  stream: AsyncIterable<T>,
  last: (sample: T | undefined) => T,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const items = stream[Symbol.asyncIterator]();
      let sample: T | undefined;
      let over = false;
      const done = { done: true as const, value: undefined };
      const end = (): IteratorResult<T> => {
        over = true;
        void Promise.resolve(items.return?.()).catch(() => undefined);
        return { done: false, value: last(sample) };
      };
      const next = async (): Promise<IteratorResult<T>> => {
        if (over) return done;
        if (leaving.aborted) return end();
        const { promise: left, resolve } = Promise.withResolvers<undefined>();
        const onLeave = () => resolve(undefined);
        leaving.addEventListener('abort', onLeave, { once: true });
        try {
          const item = await Promise.race([items.next(), left]);
          if (!item) return end();
          if (item.done) over = true;
          else sample = item.value;
          return item;
        } finally {
          leaving.removeEventListener('abort', onLeave);
        }
      };
      return {
        next,
        return: async () => {
          over = true;
          await items.return?.();
          return done;
        },
      };
    },
  };
}
