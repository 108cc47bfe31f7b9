import { Logger } from '@nestjs/common';
import { type Params, PinoLogger } from 'nestjs-pino';
import type { DestinationStream } from 'pino';
import type { Config } from '../config/config.js';
import { currentFacts } from './http/request-facts.js';

/** Secrets are not logged anywhere; under these names, at the top of a line and one below, they would be taken out of it. */
const SECRETS = [
  'authorization',
  'secret',
  'apiKey',
  'password',
  'identityToken',
  'registryToken',
  'databaseUrl',
  'env',
  'stdin',
  'input', // of an error about a URL
];

/**
 * JSON lines on stdout, or words where somebody looks at them. Each line that is written for a request says which, and about what; see
 * observeRequests for the line about the request itself.
 */
export async function loggerOptions(config: Config): Promise<Params> {
  const options = {
    level: config.logLevel,
    redact: SECRETS.flatMap((name) => [name, `*.${name}`]),
    mixin: () => ({ ...currentFacts() }),
  };
  const stream = await prettyStream(config.logFormat);
  // No middleware: it would make a logger for each request.
  return { pinoHttp: stream ? [options, stream] : options, forRoutes: [] };
}

/** Loaded only where it is used: a service that nobody looks at does without. */
async function prettyStream(format: Config['logFormat']): Promise<DestinationStream | undefined> {
  if (format === 'json' || (format === 'auto' && !process.stdout.isTTY)) return undefined;
  const { default: pretty } = await import('pino-pretty');
  return pretty({ sync: true, ignore: 'pid,hostname', colorize: process.stdout.isTTY });
}

/** `debug`, or from there back to what is configured: for whoever looks for something and may not restart the service. */
export function switchLogLevel({ logLevel }: Config): void {
  const level = PinoLogger.root.level === 'debug' ? logLevel : 'debug';
  const tell = () => new Logger('Log').log(`the log level is ${level} from now on`);
  if (level !== 'debug') tell(); // while it is still heard
  PinoLogger.root.level = level;
  if (level === 'debug') tell();
}
