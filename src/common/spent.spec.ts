import { setTimeout as sleep } from 'node:timers/promises';
import { spent } from './spent.js';

const MIB = 1024 * 1024;

it('keeps dead buffers from piling up', async () => {
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  for (let turn = 0; turn < 2000; turn++) {
    spent(Buffer.allocUnsafeSlow(256 * 1024).length);
    if (turn % 20 === 0) await sleep(0); // freeing is done beside the program
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(48 * MIB);
});

it('keeps those from piling up that waited too long to die young', async () => {
  const before = process.memoryUsage().arrayBuffers;
  // Every twentieth waits for a slow reader while some ten megabytes go by.
  const waiting: Buffer[] = [];
  let most = 0;
  for (let turn = 0; turn < 32_768; turn++) {
    const buffer = Buffer.allocUnsafeSlow(64 * 1024);
    if (turn % 20 === 0 && waiting.push(buffer) > 10) waiting.shift();
    spent(buffer.length);
    if (turn % 80 === 0) await sleep(0);
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeLessThan(26 * MIB);
});
