import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiCreatedResponse, ApiExtraModels, ApiHeader, ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { ApiErrors } from '../common/errors/api-errors.decorator.js';
import { NDJSON } from '../common/ndjson.js';
import { CreateEvent } from './dto/create-event.dto.js';
import { CreateSandboxRequest } from './dto/create-sandbox.request.dto.js';
import { CREATE } from './dto/sandbox.examples.js';
import { CreatedSandbox } from './dto/sandbox.responses.dto.js';

/** The forms that a create answers in, and its errors, those of a pull too. */
export const ApiCreate = () =>
  applyDecorators(
    ApiExtraModels(CreateEvent),
    ApiBody({ type: CreateSandboxRequest, examples: CREATE }),
    ApiHeader({
      name: 'Idempotency-Key',
      required: false,
      description: 'The same key and body answer with the same sandbox, for 24 hours.',
    }),
    ApiCreatedResponse({ type: CreatedSandbox }),
    // Swagger UI asks for the type of the first success, and "200" would come before "201".
    ApiResponse({
      status: '2XX',
      description: '200 with `stream=true`: what happens to the image, then the sandbox.',
      content: { [NDJSON]: { schema: { $ref: getSchemaPath(CreateEvent) } } },
    }),
    ApiErrors('CONFLICT', 'IDEMPOTENCY_KEY_REUSED', 'UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE'),
    ApiErrors('FORBIDDEN', 'NOT_FOUND', 'RATE_LIMITED', 'BAD_GATEWAY'),
    ApiErrors('ENGINE_UNAVAILABLE', 'INSUFFICIENT_STORAGE', 'TIMEOUT'),
  );
