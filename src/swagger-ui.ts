import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { SwaggerModule } from '@nestjs/swagger';
import { openApiDocument } from './openapi-document.js';

/** The page holds a key, so it loads and calls nothing but this service, and nobody may frame it. */
const CONTENT_SECURITY_POLICY = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self' 'unsafe-inline'`, // Swagger UI's own
  `img-src 'self' data:`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

/** "No links" behind every status says nothing. */
const CSS = '.swagger-ui .response-col_links { display: none }';

/** Swagger UI at /docs, the document at /openapi.json. */
export function serveDocs(app: NestFastifyApplication): void {
  app
    .getHttpAdapter()
    .getInstance()
    .addHook('onRequest', (request, reply, done) => {
      if (/^\/docs(?:[/?]|$)/.test(request.url)) void reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      done();
    });
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'Atoll',
    customCss: CSS,
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      defaultModelsExpandDepth: 0,
      plugins: [ndjsonAsText],
    },
  });
}

interface BodyProps {
  contentType?: string;
}
type Component = (props: BodyProps) => unknown;
interface SwaggerUi {
  React: { createElement: (component: Component, props: BodyProps) => unknown };
}

/**
 * A plugin of Swagger UI, which takes whatever has "json" in its type for one value and says that it cannot be parsed.
 * The function's own text is sent to the browser: it must not use anything from outside itself.
 */
function ndjsonAsText() {
  return {
    wrapComponents: {
      responseBody:
        (Body: Component, { React }: SwaggerUi) =>
        (props: BodyProps) =>
          React.createElement(
            Body,
            props.contentType?.startsWith('application/x-ndjson') ? { ...props, contentType: 'text/plain' } : props,
          ),
    },
  };
}
