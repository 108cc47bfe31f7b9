import { Slots } from './slots.js';

const never = new AbortController().signal;

it('lets so many in, the others in their order, and past whoever gave up or failed', async () => {
  const slots = new Slots(2);
  const seen: string[] = [];
  const doors = new Map<string, () => void>();
  const work = (name: string, signal = never) =>
    slots.run(signal, async () => {
      seen.push(name);
      await new Promise<void>((open) => doors.set(name, open));
      if (name === 'b') throw new Error('b failed');
    });
  const leaving = new AbortController();
  const all = [work('a'), work('b'), work('c', leaving.signal), work('d')];
  const results = Promise.allSettled(all);
  await Promise.resolve();
  expect(seen).toEqual(['a', 'b']);
  leaving.abort(new Error('c gave up'));
  await expect(all[2]).rejects.toThrow('c gave up');
  doors.get('b')!();
  await expect(all[1]).rejects.toThrow('b failed');
  await new Promise((done) => setImmediate(done));
  expect(seen).toEqual(['a', 'b', 'd']);
  for (const name of ['a', 'd']) doors.get(name)!();
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  // All places are free again.
  await Promise.all([slots.run(never, async () => 1), slots.run(never, async () => 2)]);
  await expect(slots.run(leaving.signal, async () => 3)).rejects.toThrow('c gave up');
});

it('loses nobody in line when one gives up in the moment in which it gets its place', async () => {
  const slots = new Slots(1);
  const first = Promise.withResolvers<void>();
  const leaving = new AbortController();
  const seen: string[] = [];
  const all = [
    slots.run(never, () => first.promise),
    slots.run(leaving.signal, async () => void seen.push('second')),
    slots.run(never, async () => void seen.push('third')),
  ];
  await new Promise((done) => setImmediate(done));
  first.resolve();
  // Behind the first one's end, before the second one knows.
  void first.promise.then(() => leaving.abort(new Error('gave up')));
  await Promise.allSettled(all);
  expect(seen.at(-1)).toBe('third');
});
