import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { registry } from '../common/metrics/make.js';
import { Config } from '../config/config.js';
import { Readings } from './readings.js';

const RETRY_MS = 5000;

/**
 * `/metrics` on a listener of its own, without a key: only numbers are there, and it listens where Prometheus is. A port that is taken harms
 * nobody who uses the service: it is told, and tried again.
 */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(MetricsServer.name);
  private server?: Server;
  private retry?: NodeJS.Timeout;
  private ended = false;
  private scrape?: Promise<string>;

  constructor(
    private readonly config: Config,
    private readonly readings: Readings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.config.metrics.port !== 0) this.listen();
  }

  onApplicationShutdown(): void {
    this.ended = true;
    clearTimeout(this.retry);
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private listen(first = true): void {
    const { host, port } = this.config.metrics;
    const server = createServer((request, response) => void this.answer(request, response));
    this.server = server;
    server.on('error', (error) => {
      if (first)
        this.logger.warn({ err: error, host, port }, 'metrics can not be served at this address; trying again');
      server.close();
      if (!this.ended) this.retry = setTimeout(() => this.listen(false), RETRY_MS).unref();
    });
    server.listen(port, host, () => this.logger.log({ host, port }, 'metrics are served'));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end();
      return;
    }
    try {
      // Whoever asks while it is being read gets the same.
      this.scrape ??= this.read().finally(() => (this.scrape = undefined));
      const text = await this.scrape;
      response.writeHead(200, { 'content-type': registry.contentType }).end(text);
    } catch (error) {
      this.logger.error({ err: error as Error }, 'could not read the metrics');
      response.writeHead(500).end();
    }
  }

  private async read(): Promise<string> {
    await this.readings.take();
    return registry.metrics();
  }
}
