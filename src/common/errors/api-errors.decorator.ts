import { applyDecorators } from '@nestjs/common';
import { ApiResponse } from '@nestjs/swagger';
import { ERROR_STATUS, type ErrorCode } from './catalogue.js';
import { ErrorResponse } from './error-response.dto.js';

const MEANING: Record<ErrorCode, string> = {
  BAD_REQUEST: 'The body, the query or the path is not valid; the message names the field.',
  UNAUTHORIZED: 'No valid API key.',
  FORBIDDEN:
    'The key, or the user inside the sandbox, may not do this; a registry wants other credentials; the image is not allowed here.',
  NOT_FOUND: 'There is no such thing.',
  NOT_ACCEPTABLE: 'The file is not UTF-8 text.',
  TIMEOUT: 'The operation passed its deadline.',
  CONFLICT: 'The state forbids it; the message says which.',
  PRECONDITION_FAILED: 'The file is not in a state that the conditions of the request name; nothing is changed.',
  PAYLOAD_TOO_LARGE: 'More than the configured limit.',
  UNSUPPORTED_MEDIA_TYPE: 'This call does not take a body of that type.',
  RANGE_NOT_SATISFIABLE: 'The range lies outside of the file; `Content-Range` says how long that is.',
  IDEMPOTENCY_KEY_REUSED: 'The Idempotency-Key was used with another body.',
  RATE_LIMITED: 'Too much at once; see Retry-After.',
  INTERNAL_ERROR: 'A bug; the log has it under the request id.',
  BAD_GATEWAY: 'A registry, or the server behind a preview, does not answer.',
  ENGINE_UNAVAILABLE: 'The container engine, or the database, does not answer; see Retry-After.',
  INSUFFICIENT_STORAGE: 'No space left, in the sandbox or on the host.',
};

/** What an answer's headers say besides. */
const HEADERS: Partial<Record<ErrorCode, Record<string, { description: string; schema: { type: 'string' } }>>> = {
  RANGE_NOT_SATISFIABLE: { 'Content-Range': { description: 'How many bytes there are.', schema: { type: 'string' } } },
};

/** Documents the errors of a call. Those that every call can answer with come by themselves. */
export function ApiErrors(...codes: ErrorCode[]) {
  const all = [
    ...new Set<ErrorCode>([...codes, 'BAD_REQUEST', 'UNAUTHORIZED', 'INTERNAL_ERROR', 'ENGINE_UNAVAILABLE']),
  ];
  return applyDecorators(
    ...all.map((code) =>
      ApiResponse({
        status: ERROR_STATUS[code],
        description: `\`${code}\`: ${MEANING[code]}`,
        type: ErrorResponse,
        headers: HEADERS[code],
        example: { code, message: MEANING[code] },
      }),
    ),
  );
}
