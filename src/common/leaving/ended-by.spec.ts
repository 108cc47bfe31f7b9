import { endedBy } from './ended-by.js';

async function* numbers(returned: () => void): AsyncGenerator<number> {
  try {
    for (let n = 1; ; n += 1) yield n;
  } finally {
    returned();
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const got: T[] = [];
  for await (const item of items) got.push(item);
  return got;
}

describe('endedBy', () => {
  it('hands all on until it is time to leave, then the last item, and has the stream clean up', async () => {
    const leaving = new AbortController();
    const returned = vi.fn();
    const got: number[] = [];
    for await (const n of endedBy(leaving.signal, numbers(returned), (sample) => -(sample ?? 0))) {
      got.push(n);
      if (n === 3) leaving.abort();
    }
    expect(got).toEqual([1, 2, 3, -3]);
    expect(returned).toHaveBeenCalledOnce();
  });

  it('ends one that says nothing', async () => {
    const leaving = new AbortController();
    const returned = vi.fn(() => Promise.resolve({ done: true as const, value: undefined }));
    const silent = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}), return: returned }) };
    const items = endedBy<string>(leaving.signal, silent, () => 'bye')[Symbol.asyncIterator]();
    const first = items.next();
    leaving.abort();
    expect(await first).toEqual({ done: false, value: 'bye' });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(returned).toHaveBeenCalledOnce();
  });

  it('changes nothing in one that ends by itself, fails, or is given up', async () => {
    const { signal } = new AbortController();
    async function* two() {
      yield 1;
      yield 2;
    }
    expect(await all(endedBy(signal, two(), () => 0))).toEqual([1, 2]);
    async function* broken(): AsyncGenerator<number> {
      yield 1;
      throw new Error('broken');
    }
    await expect(all(endedBy(signal, broken(), () => 0))).rejects.toThrow('broken');
    const returned = vi.fn();
    for await (const n of endedBy(signal, numbers(returned), () => 0)) if (n === 2) break;
    expect(returned).toHaveBeenCalledOnce();
  });
});
