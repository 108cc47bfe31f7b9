import { HttpException } from '@nestjs/common';
import { AtollError } from './atoll-error.js';
import { codeForStatus, type ErrorCode } from './catalogue.js';

/** Fastify's own errors whose sentence can be better than the library's. */
const FASTIFY: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_EMPTY_JSON_BODY: ['BAD_REQUEST', 'the body is empty, but its content type says JSON'],
  FST_ERR_CTP_INVALID_JSON_BODY: ['BAD_REQUEST', 'the body is not valid JSON'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['PAYLOAD_TOO_LARGE', 'the body is larger than ATOLL_MAX_JSON_BODY allows'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'this call does not take a body of that content type'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['BAD_REQUEST', 'the body is not as long as its Content-Length says'],
  FST_ERR_BAD_URL: ['BAD_REQUEST', 'the path has a bad percent escape'],
  FST_ERR_MAX_PARAM_LENGTH: ['BAD_REQUEST', 'a part of the path is too long'],
};

/** Whatever was thrown, as an error of the catalogue. Idempotent. Anything unknown is a bug: INTERNAL_ERROR, the cause kept. */
export function toAtollError(thrown: unknown): AtollError {
  if (thrown instanceof AtollError) return thrown;
  if (thrown instanceof HttpException) return fromHttpException(thrown);
  const { code, statusCode, message } = (thrown ?? {}) as { code?: string; statusCode?: number; message?: string };
  const known = code !== undefined && Object.hasOwn(FASTIFY, code) ? FASTIFY[code] : undefined;
  if (known) return new AtollError(known[0], known[1], { cause: thrown });
  if (thrown instanceof SyntaxError && statusCode === 400) {
    return new AtollError('BAD_REQUEST', 'the body is not valid JSON', { cause: thrown });
  }
  if (code?.startsWith('FST_') && statusCode && statusCode < 500) {
    return new AtollError(codeForStatus(statusCode), message ?? 'bad request', { cause: thrown });
  }
  return new AtollError('INTERNAL_ERROR', 'something went wrong here; the log has it under this request id', {
    cause: thrown,
  });
}

function fromHttpException(exception: HttpException): AtollError {
  const status = exception.getStatus();
  if (status >= 500) return new AtollError('INTERNAL_ERROR', 'something went wrong here', { cause: exception });
  return new AtollError(codeForStatus(status), exception.message, { cause: exception });
}
