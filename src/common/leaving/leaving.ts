import { Injectable } from '@nestjs/common';

/** Whether this service is about to end: who serves an answer without an end of its own ends it when `signal` fires. */
@Injectable()
export class Leaving {
  private readonly controller = new AbortController();

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  begin(): void {
    this.controller.abort();
  }
}
