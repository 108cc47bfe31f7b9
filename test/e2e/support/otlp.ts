import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';

/** What of OTLP's messages is looked at, by the numbers that its specification gives to fields. */
const PROTO = `syntax = "proto3";
message Export { repeated ResourceSpans resource_spans = 1; }
message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
message Resource { repeated KeyValue attributes = 1; }
message ScopeSpans { repeated Span spans = 2; }
message Span {
  bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; uint32 kind = 6;
  fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated KeyValue attributes = 9; Status status = 15;
}
message Status { string message = 2; uint32 code = 3; }
message KeyValue { string key = 1; AnyValue value = 2; }
message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }`;
const EXPORT = protobuf.parse(PROTO).root.lookupType('Export');

type Attributes = Record<string, unknown>;

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty: it has none. */
  parentId: string;
  name: string;
  /** 2: server, 3: client. */
  kind: number;
  attributes: Attributes;
  /** 2: error. */
  status: number;
  /** Milliseconds. */
  from: number;
  to: number;
}

/** A collector that speaks OTLP over HTTP, as far as taking spans goes. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  resource: Attributes = {};
  /** All that came, as bytes: to be searched for what must not be in it. */
  readonly raw: Buffer[] = [];
  private server?: Server;

  private constructor(private port = 0) {}

  static async start(port = 0): Promise<Collector> {
    const collector = new Collector(port);
    await collector.listen();
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = this.server && once(this.server, 'close');
    this.server?.close();
    this.server?.closeAllConnections();
    await closed;
  }

  /** Of one trace, in the order of their beginnings. */
  of(traceId: string): ReceivedSpan[] {
    return this.spans.filter((span) => span.traceId === traceId).sort((one, other) => one.from - other.from);
  }

  private async listen(): Promise<void> {
    this.server = createServer((request, response) => {
      void buffer(request).then((body) => {
        if (request.url !== '/v1/traces' || request.headers['content-type'] !== 'application/x-protobuf')
          return response.writeHead(404).end();
        this.headers.push(request.headers);
        this.take(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
        response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
      });
    }).listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  private take(body: Buffer): void {
    this.raw.push(body);
    const { resourceSpans } = EXPORT.toObject(EXPORT.decode(body), {
      longs: Number,
      arrays: true,
      defaults: true,
      oneofs: true,
    }) as {
      resourceSpans: { resource: Tagged; scopeSpans: { spans: WireSpan[] }[] }[];
    };
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = attributesOf(resource);
      this.spans.push(...scopeSpans.flatMap(({ spans }) => spans.map(spanOf)));
    }
  }
}

interface Tagged {
  attributes: { key: string; value: Record<string, unknown> & { value: string } }[];
}

interface WireSpan extends Tagged {
  traceId: Buffer;
  spanId: Buffer;
  parentSpanId: Buffer;
  name: string;
  kind: number;
  startTimeUnixNano: number;
  endTimeUnixNano: number;
  status: { code: number } | null;
}

const attributesOf = ({ attributes }: Tagged): Attributes =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value[value.value]]));

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const spanOf = (span: WireSpan): ReceivedSpan => ({
  traceId: hex(span.traceId),
  spanId: hex(span.spanId),
  parentId: hex(span.parentSpanId),
  name: span.name,
  kind: span.kind,
  attributes: attributesOf(span),
  status: span.status?.code ?? 0,
  from: span.startTimeUnixNano / 1e6,
  to: span.endTimeUnixNano / 1e6,
});
