import fc from 'fast-check';
import { Page } from './page.js';

const written = (write: (page: Page) => void): string => {
  const page = new Page();
  write(page);
  expect(page.length).toBeGreaterThanOrEqual(0);
  return page.take().toString();
};

const json = (data: Buffer) => written((page) => page.json(data));
const ofJson = (data: Buffer) => JSON.stringify(data.toString()).slice(1, -1);

it('writes any bytes as JSON does the text that they are', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.string({ unit: 'binary', maxLength: 100 }).map((text) => Buffer.from(text)),
    fc.array(fc.constantFrom(0, 8, 9, 10, 12, 13, 27, 31, 32, 34, 92, 127, 128, 0xc3, 0xa9, 0xff), { maxLength: 50 }),
  );
  fc.assert(
    fc.property(bytes, (some) => {
      const data = Buffer.from(some);
      expect(json(data)).toBe(ofJson(data));
    }),
  );
  const each = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(json(each)).toBe(ofJson(each));
  const controls = Buffer.alloc(70_000, 1);
  expect(json(controls)).toBe(ofJson(controls));
});

it('writes integers', () => {
  const numbers = fc.oneof(fc.maxSafeNat(), fc.nat(2000));
  const asText = (number: number) => written((page) => page.integer(number));
  fc.assert(
    fc.property(numbers, (number) => {
      expect(asText(number)).toBe(String(number));
    }),
  );
  const special = [0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 10 ** 15, Number.MAX_SAFE_INTEGER];
  expect(special.map(asText)).toEqual(special.map(String));
});

it('writes texts and base64 one behind the other, and begins anew when that was taken', () => {
  const page = new Page();
  page.ascii('id: ');
  page.integer(7);
  page.text(' – é');
  page.base64(Buffer.from([0xff, 0xfe, 0xfd]));
  const first = page.take();
  expect(first.toString()).toBe('id: 7 – é//79');
  expect(page.length).toBe(0);
  page.text('x'.repeat(10_000));
  expect(page.take().toString()).toBe('x'.repeat(10_000));
  expect(first.toString()).toBe('id: 7 – é//79');
  expect(page.take()).toHaveLength(0);
});
