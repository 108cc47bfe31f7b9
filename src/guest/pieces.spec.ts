import { Pieces } from './pieces.js';

const drained = (pieces: Pieces) => {
  const all: Buffer[] = [];
  for (let next = pieces.take(); next; next = pieces.take()) all.push(next);
  return all;
};

it('keeps bytes in order, of pieces of any length, and counts them', () => {
  const pieces = new Pieces();
  const sent: Buffer[] = [];
  const got: Buffer[] = [];
  for (let n = 0; n < 2000; n++) {
    const length = [0, 1, 7, 500, 4095, 4096, 20_000][(n * n) % 7];
    const chunk = Buffer.alloc(length, n);
    sent.push(chunk);
    pieces.add(chunk);
    if (n % 5 === 0) got.push(pieces.take() ?? Buffer.alloc(0));
    expect(pieces.bytes).toBe(Buffer.concat(sent).length - Buffer.concat(got).length);
    if (n > 200) n += 37;
  }
  got.push(...drained(pieces));
  expect(Buffer.concat(got).equals(Buffer.concat(sent))).toBe(true);
  expect(pieces.bytes).toBe(0);
});

it('puts small pieces together, and leaves large ones, and a single one, as they came', () => {
  const pieces = new Pieces();
  for (let n = 0; n < 100_000; n++) pieces.add(Buffer.from([n & 255]));
  const all = drained(pieces);
  expect(all.length).toBeLessThan(10);
  expect(Buffer.concat(all).every((byte, n) => byte === (n & 255))).toBe(true);
  const [small, large] = [Buffer.from('a'), Buffer.alloc(5000)];
  pieces.add(small);
  expect(pieces.take()).toBe(small);
  pieces.add(large);
  expect(pieces.take()).toBe(large);
  expect(pieces.take()).toBeUndefined();
});

it('gives all as one', () => {
  const pieces = new Pieces();
  expect(pieces.takeAll()).toHaveLength(0);
  for (const text of ['a', 'bc', 'x'.repeat(5000), 'd']) pieces.add(Buffer.from(text));
  expect(pieces.takeAll().toString()).toBe(`abc${'x'.repeat(5000)}d`);
  expect(pieces.bytes).toBe(0);
});
