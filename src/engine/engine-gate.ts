import { Injectable } from '@nestjs/common';
import { Subject } from 'rxjs';
import { healthy } from '../common/metrics/metrics.js';
import { EngineError } from './errors.js';

/**
 * Whether the engine is there, as its pings say. While it is not, calls fail at once instead of waiting for their own deadlines,
 * and those that are under way when it goes are let go.
 */
@Injectable()
export class EngineGate {
  /** The engine is back after it was away. */
  readonly reopened = new Subject<void>();
  private leaving = new AbortController();
  private down = false;

  constructor() {
    this.tell();
  }

  get open(): boolean {
    return !this.down;
  }

  /** Fires when the engine goes. Ask anew for each call. */
  get gone(): AbortSignal {
    return this.leaving.signal;
  }

  /** Throws `unavailable` while it is down. */
  pass(): void {
    if (this.down) throw new EngineError('unavailable', 'The container engine does not answer.');
  }

  shut(): void {
    if (this.down) return;
    this.down = true;
    this.tell();
    this.leaving.abort(new EngineError('unavailable', 'The container engine does not answer.'));
  }

  reopen(): void {
    if (!this.down) return;
    this.down = false;
    this.tell();
    this.leaving = new AbortController();
    this.reopened.next();
  }

  private tell(): void {
    healthy.set({ part: 'engine' }, this.down ? 0 : 1);
  }
}
