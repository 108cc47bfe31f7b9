import { ApiProperty } from '@nestjs/swagger';

export class MemoryStats {
  /**
   * Bytes, without the page cache.
   * @example 27262976
   */
  @ApiProperty({ type: 'integer' })
  usage: number;

  /**
   * Bytes.
   * @example 1073741824
   */
  @ApiProperty({ type: 'integer' })
  limit: number;

  /**
   * Usage of the limit, 0–100.
   * @example 2.54
   */
  percent: number;
}

export class NetworkStats {
  /** Bytes received since the sandbox was started. */
  @ApiProperty({ type: 'integer' })
  rx_bytes: number;

  /** Bytes sent since the sandbox was started. */
  @ApiProperty({ type: 'integer' })
  tx_bytes: number;
}

export class DiskStats {
  /** Bytes in the files that were written or changed since its creation. */
  @ApiProperty({ type: 'integer' })
  usage: number;

  /** Bytes; absent is no limit. */
  @ApiProperty({ type: 'integer' })
  limit?: number;
}

/** What a sandbox uses now, from its own cgroup; its agent is part of it. */
export class SandboxStats {
  /**
   * 100 is one core, over the time since the last reading; the first one takes a sample of 100 ms.
   * @example 12.5
   */
  @ApiProperty()
  cpu_percent: number;

  @ApiProperty()
  memory: MemoryStats;

  /**
   * Processes and threads, as the kernel counts them.
   * @example 41
   */
  @ApiProperty({ type: 'integer' })
  pids: number;

  network: NetworkStats;

  /**
   * Seconds since the sandbox was started.
   * @example 61.2
   */
  uptime: number;

  /** Only with `?disk=true`. */
  disk?: DiskStats;
}
