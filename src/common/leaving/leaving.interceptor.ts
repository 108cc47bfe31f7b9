import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { NDJSON } from '../ndjson.js';
import { endedBy } from './ended-by.js';
import { Leaving } from './leaving.js';

const EVENTS = 'text/event-stream';
const ERROR = {
  type: 'error',
  code: 'ENGINE_UNAVAILABLE',
  message: 'this service is being stopped or replaced; what you follow goes on: ask again in a moment',
};

/** Streams of lines end with an error line when the service ends, so that readers know that there is more and come back for it. */
@Injectable()
export class LeavingInterceptor implements NestInterceptor {
  constructor(private readonly leaving: Leaving) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      map((answer: unknown) => {
        const type = String(reply.getHeader('content-type') ?? '');
        const isLines = type.startsWith(NDJSON) || type.startsWith(EVENTS);
        if (!isLines || !isAsyncIterable(answer)) return answer;
        return endedBy(this.leaving.signal, answer, (sample) => lastLine(type, sample));
      }),
    );
  }
}

/** In the form that the stream's other items have: objects are written as lines by the adapter. */
function lastLine(type: string, sample: unknown): unknown {
  if (typeof sample === 'object' && !Buffer.isBuffer(sample)) return ERROR;
  const json = JSON.stringify(ERROR);
  return type.startsWith(EVENTS) ? `data: ${json}\n\n` : `${json}\n`;
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
