import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { DynamicModule } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Logger } from 'nestjs-pino';
import { AppModule } from './app.module.js';
import { ApiKeyGuard } from './common/auth/api-key.guard.js';
import { ErrorFilter } from './common/errors/error.filter.js';
import { AtollError } from './common/errors/atoll-error.js';
import { answerClientError } from './common/http/client-error.js';
import { refusedHead } from './common/http/head.js';
import { parseJson } from './common/http/json-body.js';
import { DEFAULT_OWNER } from './common/auth/owner.js';
import { enterRequest, factsOf } from './common/http/request-facts.js';
import { observeRequests } from './common/http/observe.js';
import { boundArrival, takesGzip, takeStreams } from './common/http/stream-body.js';
import { requestId } from './common/http/request-id.js';
import { Config } from './config/config.js';
import { serveDocs } from './swagger-ui.js';
import { Traces } from './traces/traces.js';

/** Longest path that a request may have: an image reference, escaped, and more. */
const MAX_PARAM_LENGTH = 4096;

/** Of a request's head: a cursor is the path of an entry, and in deep trees those are long. */
const MAX_HEADER_BYTES = 64 * 1024;

/** For a request to arrive in full, unless its body is a stream; then it is a 408. Answering may take longer. */
const REQUEST_TIMEOUT_MS = 120_000;

/** Types of bodies that some routes take as they come. */
const STREAMS = ['application/octet-stream', 'application/x-tar', 'application/gzip', 'multipart/form-data'];

/** The whole service, ready to listen. Shared by main, the tests and the OpenAPI export. `config` is the tests' own. */
export async function createApp(config?: DynamicModule): Promise<NestFastifyApplication> {
  // What fails before a route is found is answered by the filter too, which is made by Nest only after the adapter.
  const late: { filter?: ErrorFilter; guard?: ApiKeyGuard } = {};
  const adapter = new FastifyAdapter({
    genReqId: requestId,
    requestIdHeader: false, // requestId() looks at it, and takes only a sane one
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    forceCloseConnections: 'idle',
    return503OnClosing: false, // what still comes by a connection that is open is served, and the connection closed
    requestTimeout: 0, // an upload may take its time; see boundArrival
    clientErrorHandler: answerClientError,
    http: {
      // Whoever is gone without a word is noticed, on a stream that says nothing too, and nothing on the way forgets one that lives.
      keepAlive: true,
      keepAliveInitialDelay: 30_000,
      maxHeaderSize: MAX_HEADER_BYTES,
      requireHostHeader: false, // refusedHead() wants one, and says so in the one shape
    },
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) =>
      late.filter!.send(error, request, reply),
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config), adapter, {
    bufferLogs: true,
    autoFlushLogs: false, // of a start that fails main says one sentence, and nothing else is to be read
    bodyParser: false,
    abortOnError: false,
  });
  late.filter = app.get(ErrorFilter);
  late.guard = app.get(ApiKeyGuard);
  app.useLogger(app.get(Logger));
  app.flushLogs();
  adapter.getInstance().removeAllContentTypeParsers(); // Fastify would take any text for a body
  const limit = { bodyLimit: app.get(Config).http.maxJsonBytes };
  app.useBodyParser('application/json', limit, parseJson(adapter.getInstance()));
  takeStreams(app, STREAMS);
  const fastify = adapter.getInstance();
  fastify.server.on('checkExpectation', (...call) => fastify.server.emit('request', ...call)); // see refusedHead
  await app.get(Traces).follow(fastify); // first: what the log says of a request names its trace
  observeRequests(fastify);
  fastify.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    done(refusedHead(request));
  });
  // Whoever is answered while the service ends may keep the connection open for nothing: it would hold the end up to its bound.
  fastify.addHook('preClose', (done) => {
    setInterval(() => fastify.server.closeIdleConnections(), 50).unref();
    done();
  });
  fastify.addHook('preParsing', (request, reply, payload, done) => {
    try {
      if (!request.is404 && request.url.startsWith('/v1/') && !request.url.startsWith('/v1/health')) {
        late.guard!.check(request);
        factsOf(request).owner = DEFAULT_OWNER;
      }
      boundArrival(request, reply.raw, REQUEST_TIMEOUT_MS);
      const encoding = request.headers['content-encoding'] ?? 'identity';
      if (encoding !== 'identity' && !(encoding === 'gzip' && takesGzip(request)))
        throw new AtollError('UNSUPPORTED_MEDIA_TYPE', `a body with Content-Encoding ${encoding} is not taken`);
      done(null, payload);
    } catch (error) {
      done(error as Error);
    }
  });
  fastify.addHook('preValidation', enterRequest);
  serveDocs(app);
  return app;
}
