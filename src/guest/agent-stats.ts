import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { within } from '../common/deadline.js';
import { AtollError } from '../common/errors/atoll-error.js';
import { Config } from '../config/config.js';
import type { Exchange } from './exchange.js';
import type { Guest } from './guest.js';

/** What a whole sandbox uses, its agent included. */
export interface Stats {
  /** 100 is one core; over the time since the last reading. */
  cpuPercent: number;
  /** Bytes, without the page cache. */
  memory: { usage: number; limit: number; percent: number };
  /** Threads count, as the kernel counts them. */
  pids: number;
  /** Over all interfaces but lo, since the sandbox's start. */
  network: { rxBytes: number; txBytes: number };
  uptimeMs: number;
}

/** As the agent allows. */
export const MAX_STOP_GRACE_MS = 600_000;

const MAX_ANSWER = 4096;

/** The agent runs inside the fence, and is not believed: no more than any machine has. */
const count = z.number().int().nonnegative();
const MAX_CORES = 10_000;
const MAX_PIDS = 4_194_304;

const stats = z.object({
  cpu_percent: z
    .number()
    .nonnegative()
    .max(MAX_CORES * 100),
  memory: z.object({ usage: count, limit: count, percent: z.number().nonnegative().max(1000) }),
  pids: count.max(MAX_PIDS),
  network: z.object({ rx_bytes: count, tx_bytes: count }),
  uptime_ms: count,
});

/** What the agent knows of its sandbox as a whole. Throws AgentRefusal, GuestEnded, SessionLost, TIMEOUT. */
@Injectable()
export class AgentStats {
  constructor(private readonly config: Config) {}

  /** 100 ms for the first reading since the sandbox's start, as long as a question takes for the others. */
  read(guest: Guest): Promise<Stats> {
    return this.call(guest, { method: 'GET', path: '/stats' }, async (request) => {
      await request.ok();
      return statsOf(await request.readAll(MAX_ANSWER));
    });
  }

  /** How long commands have between TERM and KILL when the sandbox is stopped next; 0 is KILL at once. */
  setStopGrace(guest: Guest, ms: number): Promise<void> {
    return this.call(guest, { method: 'PUT', path: `/stop-grace?ms=${ms}` }, async (request) => {
      await request.ok();
      await request.readAll(MAX_ANSWER);
    });
  }

  private async call<T>(
    guest: Guest,
    ask: { method: 'GET' | 'PUT'; path: string },
    work: (request: Exchange) => Promise<T>,
  ): Promise<T> {
    const session = await guest.session();
    const request = session.request({ ...ask, endStream: true });
    try {
      return await within(work(request), this.config.agent.callTimeoutMs, 'the sandbox');
    } finally {
      request.drop();
    }
  }
}

/** Throws INTERNAL_ERROR. */
export function statsOf(payload: Buffer): Stats {
  try {
    const { cpu_percent, memory, pids, network, uptime_ms } = stats.parse(JSON.parse(payload.toString()));
    return {
      cpuPercent: cpu_percent,
      memory,
      pids,
      network: { rxBytes: network.rx_bytes, txBytes: network.tx_bytes },
      uptimeMs: uptime_ms,
    };
  } catch (error) {
    throw new AtollError('INTERNAL_ERROR', 'the agent said something that is not understood', { cause: error });
  }
}
