import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiHeader, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import type { ErrorCode } from '../common/errors/catalogue.js';
import { FileContent, WriteFileRequest, WrittenTree } from './dto/files.dto.js';

const READ: FileContent = { path: '/tmp/hello.txt', content: 'hello\n' };
const BYTES = { schema: { type: 'string', format: 'binary' } };

/** The errors that every call on files can answer with, and more. */
export const ApiFile = (...more: ErrorCode[]) =>
  ApiErrors('NOT_FOUND', 'CONFLICT', 'FORBIDDEN', 'RATE_LIMITED', 'TIMEOUT', ...more);

const header = (description: string) => ({ description, schema: { type: 'string' as const } });

/** What a write answers with besides its body. */
export const WRITTEN_HEADERS = { ETag: header('Names the state that the file has now.') };

/** What tells of the state of a file's bytes. */
const STATE_HEADERS = {
  ETag: header('Of the bytes: names this state of the file. Not of what the kernel makes up as it is read.'),
  'Last-Modified': header('Of the bytes.'),
  'Accept-Ranges': header('Of the bytes: `bytes`.'),
  'Cache-Control': header('Of the bytes: `private, no-cache`.'),
  Vary: header('What of the request chose the form.'),
};
const NAME_HEADER = { 'Content-Disposition': header('Of bytes and archives: a name to save them under.') };

const ASKED: Record<string, string> = {
  Range:
    'Of the bytes: one range, `bytes=0-99`; then it is a 206, or a 416 when it lies outside of the file. HEAD passes it over.',
  'If-Range': 'Of the bytes: an ETag; `Range` counts only while the file is in this state.',
  'If-Match': 'Of the bytes: ETags; a 412 when the file is in none of these states.',
  'If-None-Match': 'Of the bytes: ETags that you have; then it is a 304.',
  'If-Modified-Since': 'Of the bytes: a 304 when the file did not change since. Without `If-None-Match`.',
  'If-Unmodified-Since': 'Of the bytes: a 412 when the file changed since. Without `If-Match`.',
};

/** The forms that a read answers in. */
export const ApiRead = () =>
  applyDecorators(
    ...Object.entries(ASKED).map(([name, description]) => ApiHeader({ name, required: false, description })),
    ApiOkResponse({
      description: 'The file: JSON, or its bytes where `Accept` says so.',
      headers: {
        ...STATE_HEADERS,
        ...NAME_HEADER,
        'Content-Encoding': header('Of a tar archive: `gzip`, where `Accept-Encoding` takes that.'),
      },
      content: {
        'application/json': { schema: { $ref: getSchemaPath(FileContent) }, example: READ },
        'application/octet-stream': BYTES,
        'application/x-tar': BYTES,
        'application/gzip': BYTES,
      },
    }),
    ApiResponse({
      status: 206,
      description: 'The part of the bytes that `Range` asks for.',
      headers: { ...STATE_HEADERS, ...NAME_HEADER, 'Content-Range': header('Which part of how many bytes.') },
      content: { 'application/octet-stream': BYTES },
    }),
    ApiResponse({ status: 304, description: 'Bytes that the client has already.', headers: STATE_HEADERS }),
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
    ApiOkResponse({ type: WrittenTree, headers: WRITTEN_HEADERS }),
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
