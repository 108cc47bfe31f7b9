import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LockHolder } from './lock-holder.js';

const mine = new LockHolder(['instance', 'host', '/data']);
const other = new LockHolder(['instance', 'host', '/other']);
const fields = mine.label.split('.');
const withField = (index: number, value: string) => other.label.split('.').toSpliced(index, 1, value).join('.');

it('says where, on which machine and which process it is', () => {
  expect(fields).toHaveLength(5);
  expect(fields[3]).toBe(String(process.pid));
  expect(fields[4]).toMatch(/^\d+$/);
});

it('has died when it was at our own place before us', () => {
  expect(mine.hasDied(mine.label)).toBe(true); // we did not get to let go of it
  expect(mine.hasDied(fields.with(3, '1').join('.'))).toBe(true);
  expect(mine.hasDied(fields[0])).toBe(true);
});

it('has died when its process has, or is another one by now', async () => {
  expect(mine.hasDied(other.label)).toBe(false); // this process
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  expect(mine.hasDied(withField(3, String(child.pid)))).toBe(true); // alive, but it started later than that
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(mine.hasDied(withField(3, String(child.pid)))).toBe(true);
});

it.each([
  ['another boot', 1, 'another'],
  ['another pid namespace', 2, '1'],
])('is not judged in %s', (_what, index, value) => {
  expect(mine.hasDied(withField(index, value).replace(/\d+$/, '1'))).toBe(false);
});

it('is not judged by what is no label of ours', () => {
  for (const label of ['', 'x', 'a.b.c', 'unknown.unknown.unknown']) expect(mine.hasDied(label)).toBe(false);
});
