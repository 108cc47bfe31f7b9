import { agentServer, PEER } from '../../test/support/fake-agent.js';
import { traceBy, type SpanStart } from '../common/traces/tracing.js';
import { Session } from './session.js';

const begun: (SpanStart & { outcome?: unknown })[] = [];
const headers = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };

beforeAll(() =>
  traceBy({
    begin: (start) => {
      const span: (typeof begun)[number] = { ...start };
      begun.push(span);
      return { headers, end: (outcome) => (span.outcome = outcome) };
    },
  }),
);
afterAll(() => traceBy(undefined));
beforeEach(() => begun.splice(0));

/** An agent that answers with a status, or breaks the connection. */
async function connect(status: number | undefined, seen: unknown[] = []) {
  const agent = await agentServer((stream, _path, _method, { traceparent }) => {
    seen.push(traceparent);
    if (status === undefined) agent.ours.destroy();
    else stream.respond({ ':status': status }, { endStream: status !== 200 });
  });
  return Session.open(agent.theirs, PEER);
}

it('hands the trace on, and names the call without what it is about', async () => {
  const seen: unknown[] = [];
  const session = await connect(204, seen);
  const path = '/commands/cmd_123/signal?signal=9';
  const exchange = session.request({ method: 'POST', path, endStream: true });
  await exchange.ok();
  await exchange.readAll(0);
  await vi.waitFor(() => expect(begun[0].outcome).toEqual({ status: 204 }));
  expect(seen).toEqual([headers.traceparent]);
  expect(begun[0].name).toBe('agent: POST /commands/:id/signal');
  session.close();
});

it('ends a conversation’s span at its beginning', async () => {
  const session = await connect(200);
  const exchange = session.request({
    method: 'GET',
    path: '/files/watch?path=x',
    endStream: true,
    spanEnd: 'response',
  });
  await exchange.ok();
  expect(begun[0].outcome).toEqual({ status: 200 });
  session.close();
});

it('says what went wrong: a refusal, or no answer', async () => {
  const refusing = await connect(404);
  await refusing
    .request({ method: 'GET', path: '/files', endStream: true })
    .ok()
    .catch(() => undefined);
  await vi.waitFor(() => expect(begun[0].outcome).toEqual({ status: 404, error: '404' }));
  refusing.close();
  const breaking = await connect(undefined);
  await breaking
    .request({ method: 'GET', path: '/files', endStream: true })
    .ok()
    .catch(() => undefined);
  await vi.waitFor(() => expect(begun[1].outcome).toEqual({ error: 'no_answer' }));
  breaking.close();
});
