import type { ClientHttp2Stream, IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { beginSpan, type OpenSpan } from '../common/traces/tracing.js';

/** What of an exchange is the step that its request waits for: all of it, or, where a long conversation follows, its beginning. */
export type SpanEnd = 'close' | 'response' | 'data';

/** A call to an agent as a step of the request that is being answered. Nothing of its query: paths of files are there. */
export const agentSpan = (method: string, path: string): OpenSpan | undefined =>
  beginSpan(() => {
    const template = path.split('?', 1)[0].replace(/^\/commands\/[^/]+/, '/commands/:id');
    const attributes = { 'http.request.method': method, 'url.template': template, 'server.address': 'agent' };
    return { name: `agent: ${method} ${template}`, attributes };
  });

/** Ends the span at that event, or when the stream breaks before it. */
export function endWith(span: OpenSpan, stream: ClientHttp2Stream, event: SpanEnd): void {
  let status: number | undefined;
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    span.end(outcomeOf(status));
  };
  stream.once('response', (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => (status = headers[':status']));
  stream.once('close', end);
  if (event !== 'close') stream.once(event, end);
}

function outcomeOf(status: number | undefined): { status?: number; error?: string } {
  if (status === undefined) return { error: 'no_answer' };
  return status < 400 ? { status } : { status, error: String(status) };
}
