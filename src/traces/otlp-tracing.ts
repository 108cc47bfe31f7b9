import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { IncomingHttpHeaders } from 'node:http';
import { currentFacts, type RequestFacts } from '../common/http/request-facts.js';
import type { OpenSpan, SpanStart, Tracing } from '../common/traces/tracing.js';
import { VERSION } from '../common/version.js';
import type { Config } from '../config/config.js';
import { TellingExporter } from './telling-exporter.js';

const W3C = new W3CTraceContextPropagator();
const OF_CALLER = {
  get: (headers: IncomingHttpHeaders, name: string) => headers[name],
  keys: (headers: IncomingHttpHeaders) => Object.keys(headers),
};
const INTO = { set: (headers: Record<string, string>, name: string, value: string) => void (headers[name] = value) };

/** Attributes of a span, as they are known when it begins. */
export type Attributes = SpanStart['attributes'];

/**
 * Spans by OpenTelemetry's SDK. Which request a step belongs to is known from its facts, which the log needs anyway: nothing is patched, and no
 * second context goes through every promise.
 */
export class OtlpTracing implements Tracing {
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;
  /** Of requests whose answer is not at its end. */
  private readonly open = new Map<RequestFacts, Context>();

  constructor({ endpoint, headers, sampleRatio }: NonNullable<Config['traces']>) {
    const exporter = new TellingExporter(new OTLPTraceExporter({ url: endpoint, headers: { ...headers } }), endpoint);
    const ours = resourceFromAttributes({ 'service.name': 'atoll', 'service.version': VERSION });
    this.provider = new TracerProvider({
      // A caller that has decided is followed.
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
      resource: ours.merge(detectResources({ detectors: [envDetector] })),
      spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
    });
    this.tracer = this.provider.getTracer('atoll', VERSION);
  }

  /** A request that has arrived. End it by `endRequest`. */
  beginRequest(facts: RequestFacts, headers: IncomingHttpHeaders, name: string, attributes: Attributes): Span {
    const parent = W3C.extract(ROOT_CONTEXT, headers, OF_CALLER);
    const span = this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    facts.traceId = span.spanContext().traceId;
    this.open.set(facts, trace.setSpan(ROOT_CONTEXT, span));
    return span;
  }

  endRequest(facts: RequestFacts, span: Span): void {
    this.open.delete(facts);
    span.end();
  }

  begin({ name, attributes, ago }: SpanStart): OpenSpan | undefined {
    const facts = currentFacts();
    const parent = facts && this.open.get(facts);
    if (!parent) return undefined;
    const about = facts.sandboxId ? { ...attributes, 'atoll.sandbox.id': facts.sandboxId } : attributes;
    const startTime = ago === undefined ? undefined : performance.timeOrigin + performance.now() - ago;
    return openSpan(
      this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: about, startTime }, parent),
      parent,
    );
  }

  /** Sends what is there. Never throws: a collector that is away was told of. */
  async end(): Promise<void> {
    await this.provider.shutdown().catch(() => undefined);
  }
}

function openSpan(span: Span, parent: Context): OpenSpan {
  return {
    get headers() {
      const headers: Record<string, string> = {};
      W3C.inject(trace.setSpan(parent, span), headers, INTO);
      return headers;
    },
    end: ({ status, error } = {}) => {
      if (status !== undefined) span.setAttribute('http.response.status_code', status);
      if (error !== undefined) span.setAttribute('error.type', error).setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}
