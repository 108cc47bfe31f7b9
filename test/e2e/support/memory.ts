import { readFileSync } from 'node:fs';
import type { Service } from './service.js';

/** Resident memory of the service, bytes. */
export const rssOf = ({ pid }: Service): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** The most resident memory that was seen of the service while `work` ran, bytes. */
export async function mostMemoryDuring(service: Service, work: () => Promise<unknown>): Promise<number> {
  let most = rssOf(service);
  const look = setInterval(() => (most = Math.max(most, rssOf(service))), 50);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return most;
}
