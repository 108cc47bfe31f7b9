import { BadGatewayException, ConflictException, HttpException, ImATeapotException } from '@nestjs/common';
import { AtollError } from './atoll-error.js';
import { codeForStatus, ERROR_STATUS } from './catalogue.js';
import { isCode } from './is-code.js';
import { toAtollError } from './to-atoll-error.js';

const fastify = (code: string, statusCode: number, message = 'what the library says') =>
  Object.assign(new Error(message), { code, statusCode });

it('leaves our own as they are', () => {
  const own = new AtollError('TIMEOUT', 'late');
  expect(toAtollError(own)).toBe(own);
  expect(isCode(own, 'TIMEOUT')).toBe(true);
  expect(isCode(own, 'CONFLICT')).toBe(false);
  expect(isCode({ code: 'TIMEOUT' }, 'TIMEOUT')).toBe(false);
});

it.each([
  [new ConflictException('busy'), 'CONFLICT', 'busy'],
  [new ImATeapotException('short and stout'), 'BAD_REQUEST', 'short and stout'],
  [new BadGatewayException('secret upstream'), 'INTERNAL_ERROR', 'something went wrong here'],
  [new HttpException('x', 200), 'INTERNAL_ERROR', 'x'],
])('maps an exception of the framework: %s', (thrown, code, message) => {
  expect(toAtollError(thrown)).toMatchObject({ code, message, cause: thrown });
});

it.each([
  [fastify('FST_ERR_CTP_EMPTY_JSON_BODY', 400), 'BAD_REQUEST'],
  [fastify('FST_ERR_CTP_BODY_TOO_LARGE', 413), 'PAYLOAD_TOO_LARGE'],
  [fastify('FST_ERR_CTP_INVALID_MEDIA_TYPE', 415), 'UNSUPPORTED_MEDIA_TYPE'],
  [fastify('FST_ERR_CTP_INVALID_CONTENT_LENGTH', 400), 'BAD_REQUEST'],
  [fastify('FST_ERR_BAD_URL', 400), 'BAD_REQUEST'],
])('says it in our words: %s', (thrown, code) => {
  const error = toAtollError(thrown);
  expect(error.code).toBe(code);
  expect(error.message).not.toBe('what the library says');
});

it('knows broken JSON, and Fastify’s other refusals', () => {
  const syntax = Object.assign(new SyntaxError('Unexpected token'), { statusCode: 400 });
  expect(toAtollError(syntax)).toMatchObject({ code: 'BAD_REQUEST', message: 'the body is not valid JSON' });
  expect(toAtollError(fastify('FST_ERR_NEW', 414))).toMatchObject({
    code: 'BAD_REQUEST',
    message: 'what the library says',
  });
});

it.each([
  new Error('connect ENOENT /var/run/secret.sock'),
  new SyntaxError('in our own JSON'),
  fastify('FST_ERR_OURS', 500),
  fastify('ENOENT', 404),
  fastify('__proto__', 400),
  'text',
  undefined,
  null,
])('takes %s for a bug, and tells nothing of it', (thrown) => {
  const error = toAtollError(thrown);
  expect(error.code).toBe('INTERNAL_ERROR');
  expect(error.message).toBe('something went wrong here; the log has it under this request id');
  expect(error.cause).toBe(thrown);
});

it('has a status for each code, and finds the code of each status', () => {
  for (const [code, status] of Object.entries(ERROR_STATUS)) {
    expect(new AtollError(code as keyof typeof ERROR_STATUS, '').status).toBe(status);
    expect(codeForStatus(status)).toBe(code);
  }
  expect(codeForStatus(418)).toBe('BAD_REQUEST');
  expect(codeForStatus(599)).toBe('INTERNAL_ERROR');
  expect(codeForStatus(302)).toBe('INTERNAL_ERROR');
});
