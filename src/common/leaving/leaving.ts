import { Injectable } from '@nestjs/common';

/** The last line of a stream of lines that this service can't go on with. */
export const LEAVING_LINE = {
  type: 'error',
  code: 'ENGINE_UNAVAILABLE',
  message: 'this service is being stopped or replaced; what you follow goes on: ask again in a moment',
};

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
