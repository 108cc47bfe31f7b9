import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { map, type Observable } from 'rxjs';
import { NDJSON } from '../ndjson.js';
import { endedBy } from './ended-by.js';
import { Leaving, LEAVING_LINE } from './leaving.js';

const EVENTS = 'text/event-stream';

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
  if (typeof sample === 'object' && !Buffer.isBuffer(sample)) return LEAVING_LINE;
  const json = JSON.stringify(LEAVING_LINE);
  return type.startsWith(EVENTS) ? `data: ${json}\n\n` : `${json}\n`;
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
