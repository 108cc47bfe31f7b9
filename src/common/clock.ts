import { Injectable } from '@nestjs/common';

/**
 * Time that only goes forward, at the pace of real time: the wall clock as it was when the service started, plus what has passed since.
 * Expiries and claims are given and judged by it, so a wall clock that is set while the service runs reaps nobody early and takes no
 * sandbox from whoever is at it.
 */
@Injectable()
export class Clock {
  private readonly offset = Date.now() - performance.now();

  /** Unix ms. */
  now(): number {
    return Math.round(this.offset + performance.now());
  }
}
