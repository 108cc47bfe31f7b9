import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import type { ErrorCode } from '../common/errors/catalogue.js';
import { FileContent, WriteFileRequest, WrittenTree } from './dto/files.dto.js';

const READ: FileContent = { path: '/tmp/hello.txt', content: 'hello\n' };
const BYTES = { schema: { type: 'string', format: 'binary' } };

/** The errors that every call on files can answer with, and more. */
export const ApiFile = (...more: ErrorCode[]) =>
  ApiErrors('NOT_FOUND', 'CONFLICT', 'FORBIDDEN', 'RATE_LIMITED', 'TIMEOUT', ...more);

/** The forms that a read answers in. */
export const ApiRead = () =>
  applyDecorators(
    ApiHeader({
      name: 'Range',
      required: false,
      description:
        'Of the bytes: one range, `bytes=0-99`; then it is a 206, or a 416 when it lies outside of the file.',
    }),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Of the bytes: ETags; a 412 when the file is in none of these states.',
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'Of the bytes: ETags that you have; then it is a 304.',
    }),
    ApiOkResponse({
      description:
        'The file: JSON, or its bytes where `Accept` says so. A part of the bytes is a 206; bytes that the client has already are a 304 without a body.',
      content: {
        'application/json': { schema: { $ref: getSchemaPath(FileContent) }, example: READ },
        'application/octet-stream': BYTES,
        'application/x-tar': BYTES,
        'application/gzip': BYTES,
      },
    }),
    ApiFile('NOT_ACCEPTABLE', 'PAYLOAD_TOO_LARGE', 'PRECONDITION_FAILED', 'RANGE_NOT_SATISFIABLE'),
  );

/** The forms that a write takes. */
export const ApiWrite = () =>
  applyDecorators(
    ApiConsumes('application/json', 'application/octet-stream', 'application/x-tar', 'application/gzip'),
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'Of one file. ETags: a 412 when it is in none of these states.',
    }),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'Of one file. `*`: a 412 when it is there.' }),
    ApiBody({
      required: true,
      schema: { oneOf: [{ $ref: getSchemaPath(WriteFileRequest) }, { type: 'string', format: 'binary' }] },
    }),
    ApiOkResponse({ type: WrittenTree }),
    ApiFile('PRECONDITION_FAILED', 'PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INSUFFICIENT_STORAGE'),
  );

/** A form with files. */
export const ApiUpload = () =>
  applyDecorators(
    ApiConsumes('multipart/form-data'),
    ApiBody({
      required: true,
      description: "Files; a file's name is its path below the directory.",
      schema: {
        type: 'object',
        properties: { files: { type: 'array', items: { type: 'string', format: 'binary' } } },
      },
    }),
    ApiFile('PAYLOAD_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', 'INSUFFICIENT_STORAGE'),
  );
