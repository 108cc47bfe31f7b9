import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { ErrorResponse } from './common/errors/error-response.dto.js';
import { polished, unescaped } from './openapi-polish.js';

const DESCRIPTION =
  'Sandboxes over REST: runs code that you did not write in fenced containers, on your own Docker engine. ' +
  'Create a sandbox, run commands in it, read and write its files, and throw it away. ' +
  'Every call but health wants `Authorization: Bearer <api key>`: press Authorize and paste the key that `bin/up` printed. ' +
  'Whatever goes wrong is answered with a code and a message, and every answer carries `X-Request-Id`.';

/** The OpenAPI document of the whole service. */
export function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Atoll')
    .setDescription(DESCRIPTION)
    .setVersion('0.1.0')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addTag('Sandboxes', 'Their whole life, from create to delete.')
    .addTag('Commands', 'Run programs in a sandbox and read what they say.')
    .addTag('Files', 'Read and write inside a sandbox, as its image’s user.')
    .addTag('Images', 'What sandboxes are made of.')
    .addTag('System', 'The service itself.')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: 'The API key.' }, 'ApiKeyAuth')
    .build();
  const document = SwaggerModule.createDocument(app, options, {
    extraModels: [ErrorResponse],
    operationIdFactory: operationId,
  });
  const { components, paths } = document;
  return {
    ...document,
    components: { ...components, schemas: unescaped(components?.schemas) },
    paths: polished(nameWildcards(paths)),
  };
}

/** `sandboxesCreate`: generated clients call their functions so, and Swagger UI's links to a call end with it. */
function operationId(controller: string, method: string): string {
  const room = controller.replace(/Controller$/, '').replace(/^File[A-Z].*/, 'Files'); // one room, too large for one file
  return `${room.charAt(0).toLowerCase()}${room.slice(1)}${method.charAt(0).toUpperCase()}${method.slice(1)}`;
}

type OperationObject = NonNullable<OpenAPIObject['paths'][string]['get']>;

/** A route that takes the rest of the path has a nameless parameter for Fastify; in the document it is the `{id}` that it is. */
function nameWildcards(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  return Object.fromEntries(
    Object.entries(paths).map(([path, item]) => {
      if (!path.endsWith('{path}')) return [path, item];
      const { get, delete: remove } = item;
      return [
        path.replace('{path}', '{id}'),
        { ...item, ...(get && { get: named(get) }), ...(remove && { delete: named(remove) }) },
      ];
    }),
  );
}

function named(call: OperationObject): OperationObject {
  const parameters = call.parameters?.filter((parameter) => !('name' in parameter && parameter.name === '*'));
  return { ...call, parameters };
}
