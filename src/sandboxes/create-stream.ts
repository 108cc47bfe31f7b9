import { render } from '../common/errors/error.filter.js';
import { toAtollError } from '../common/errors/to-atoll-error.js';
import type { PullStream } from '../images/pull-stream.js';
import type { CreateEvent } from './dto/create-event.dto.js';
import type { CreatedSandbox } from './dto/sandbox.responses.dto.js';

/**
 * A create line by line: its pull, if there is one, then the sandbox. What fails before the first line is thrown, so that the answer has its true
 * status; after it, it is the last line. Not a generator: a client that goes away must not leave one suspended.
 */
export class CreateStream implements AsyncIterableIterator<CreateEvent> {
  private state: 'pulling' | 'creating' | 'ended';
  private begun = false;

  constructor(
    private readonly pull: PullStream | undefined,
    private readonly create: () => Promise<CreatedSandbox>,
  ) {
    this.state = pull ? 'pulling' : 'creating';
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<CreateEvent>> {
    if (this.pull && this.state === 'pulling') {
      const result = await this.pull.next();
      if (result.done || result.value.type === 'error') this.state = 'ended';
      else if (result.value.type === 'pulled') this.state = 'creating';
      this.begun = true;
      return result;
    }
    if (this.state === 'ended') return { done: true, value: undefined };
    this.state = 'ended';
    try {
      return { done: false, value: { type: 'created', ...(await this.create()) } };
    } catch (error) {
      if (!this.begun) throw error;
      return { done: false, value: { type: 'error', ...render(toAtollError(error)) } };
    }
  }

  /** The client has gone: the pull is nothing to it any more. A create that has begun goes on. */
  async return(): Promise<IteratorResult<CreateEvent>> {
    this.state = 'ended';
    await this.pull?.return();
    return { done: true, value: undefined };
  }
}
