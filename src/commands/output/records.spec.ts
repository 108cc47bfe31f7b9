import { record } from '../../../test/support/records.js';
import { recordsOf, wholeRecords } from './records.js';

const LOG = Buffer.concat([record('out'), record('err', 'stderr'), record('é')]);

it('are read as they were written', () => {
  expect([...recordsOf(LOG)].map(({ stream, data }) => [stream, data.toString()])).toEqual([
    ['stdout', 'out'],
    ['stderr', 'err'],
    ['stdout', 'é'],
  ]);
  expect([...recordsOf(Buffer.alloc(0))]).toEqual([]);
});

it('are counted up to the one that is cut off, wherever it is cut', () => {
  const [first, second] = [15, 30];
  for (let end = 0; end <= LOG.length; end++) {
    const whole = end < first ? 0 : end < second ? first : end < LOG.length ? second : LOG.length;
    expect(wholeRecords(LOG.subarray(0, end))).toBe(whole);
  }
});

it('hold up to 64 KiB', () => {
  const largest = record('x'.repeat(65_536));
  expect(wholeRecords(largest)).toBe(largest.length);
});

it.each([
  ['of no stream', () => Buffer.concat([Buffer.from([3]), record('x').subarray(1)])],
  ['of zeros, as after a power cut', () => Buffer.alloc(24)],
  ['with nothing in it', () => record('')],
  ['that is too long', () => record('x'.repeat(65_537))],
])('are counted up to one %s, which cannot be read', (_what, bad) => {
  const log = Buffer.concat([record('good'), bad()]);
  expect(wholeRecords(log)).toBe(record('good').length);
  expect(() => [...recordsOf(log)]).toThrow('malformed');
});

it('throw when the last one is cut off', () => {
  expect(() => [...recordsOf(LOG.subarray(0, LOG.length - 1))]).toThrow('malformed');
  expect(() => [...recordsOf(Buffer.from([1]))]).toThrow('malformed');
});
