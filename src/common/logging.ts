import type { Params } from 'nestjs-pino';
import type { Config } from '../config/config.js';

/** JSON lines on stdout. Requests are logged by logRequest; secrets are not logged anywhere, and would be removed here. */
export function loggerOptions(config: Config): Params {
  return {
    pinoHttp: {
      level: config.logLevel,
      autoLogging: false,
      redact: ['req.headers.authorization', 'authorization', 'secret', '*.secret', 'apiKey', '*.apiKey'],
    },
  };
}
