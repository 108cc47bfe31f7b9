import type { FastifyInstance } from 'fastify';
import { setTimeout as sleep } from 'node:timers/promises';
import { traceBy } from '../common/traces/tracing.js';
import type { Config } from '../config/config.js';
import type { OtlpTracing } from './otlp-tracing.js';

/** At the service's end: a collector that does not answer by then does not get the last spans. */
const FLUSH_MS = 1000;

/** Traces by OTLP, where an endpoint is configured. */
export class Traces {
  private constructor(private readonly tracing?: OtlpTracing) {}

  /** OpenTelemetry is loaded only where it is used. */
  static async of({ traces }: Config): Promise<Traces> {
    if (!traces) return new Traces();
    const { OtlpTracing } = await import('./otlp-tracing.js');
    return new Traces(new OtlpTracing(traces));
  }

  /** A span for each request, and for the steps on its way. */
  async follow(fastify: FastifyInstance): Promise<void> {
    if (!this.tracing) return;
    const { traceRequests } = await import('./request-spans.js');
    traceRequests(fastify, this.tracing);
    traceBy(this.tracing);
  }

  /** Sends what is not sent yet, and ends. */
  async end(): Promise<void> {
    if (!this.tracing) return;
    traceBy(undefined);
    await Promise.race([this.tracing.end(), sleep(FLUSH_MS, undefined, { ref: false })]);
  }
}
