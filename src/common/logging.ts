import type { Params } from 'nestjs-pino';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../config/config.js';

type WithId = IncomingMessage & { id: string };

/** JSON lines on stdout. A request is logged by method, path and id: its headers and bodies may hold secrets. */
export function loggerOptions(config: Config): Params {
  return {
    pinoHttp: {
      level: config.logLevel,
      genReqId: (request) => (request as WithId).id,
      serializers: {
        req: ({ id, method, url }: { id: string; method: string; url: string }) => ({ id, method, url }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
      redact: ['req.headers.authorization', '*.secret', '*.apiKey'],
      autoLogging: { ignore: (request) => request.url?.startsWith('/v1/health') ?? false },
      customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'error' : 'info'),
    },
  };
}
