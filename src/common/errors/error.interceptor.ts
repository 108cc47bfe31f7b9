import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { catchError, type Observable, throwError } from 'rxjs';
import { toAtollError } from './to-atoll-error.js';

/** Maps whatever a handler throws to an error of the catalogue, so that nothing above ever sees another kind. */
@Injectable()
export class ErrorInterceptor implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(catchError((thrown: unknown) => throwError(() => toAtollError(thrown))));
  }
}
