/** A step on the way of a request that is shown by itself in its trace. */
export interface SpanStart {
  /** Of few different texts: a pattern, never an id. */
  name: string;
  /** By OpenTelemetry's semantic conventions; never a secret, a command line or a content. */
  attributes: Record<string, string | number>;
  /** How many milliseconds ago it began, where that is told afterwards. */
  ago?: number;
}

/** A step that is under way. */
export interface OpenSpan {
  /** What a call carries along so that its other end may go on with the trace: W3C's `traceparent`. */
  readonly headers: Record<string, string>;
  /** Once; `error` is a word for what went wrong, out of few. */
  end(outcome?: { status?: number; error?: string }): void;
}

/** Whoever makes spans. */
export interface Tracing {
  /** Undefined outside of a request, and when its answer is at its end: what then still happens by itself is no part of it. */
  begin(start: SpanStart): OpenSpan | undefined;
}

let tracing: Tracing | undefined;

/** Of this process: there is one at most, and none where traces are off. */
export function traceBy(maker: Tracing | undefined): void {
  tracing = maker;
}

/**
 * A step of the request that is being answered here. `start` is only called where there are traces: else all of this is one comparison. No
 * library of OpenTelemetry is even loaded then.
 */
export const beginSpan = (start: () => SpanStart): OpenSpan | undefined => tracing?.begin(start());
