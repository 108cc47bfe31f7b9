import type { ClientHttp2Session } from 'node:http2';
import { agentServer, PEER } from '../../test/support/fake-agent.js';
import { Session } from './session.js';

/** What no test can wait for: a connection that has had nearly all the calls that HTTP/2 has numbers for. */
function wearOut(session: Session): void {
  const { h2 } = session as unknown as {
    h2: ClientHttp2Session & Record<symbol, { setNextStreamID(id: number): void }>;
  };
  const handle = Object.getOwnPropertySymbols(h2).find(({ description }) => description === 'kHandle')!;
  h2[handle].setNextStreamID(2 ** 31 - 3);
}

it('is not used any more when it has no numbers left for calls', async () => {
  const { theirs } = await agentServer((stream) => {
    stream.respond();
    stream.end('{}');
  });
  const session = Session.open(theirs, PEER);
  const call = () => session.request({ method: 'GET', path: '/health', endStream: true }).readAll(10);
  await call();
  wearOut(session);
  await call();
  await call();
  await expect(call()).rejects.toThrow();
  await expect.poll(() => session.usable).toBe(false);
  await session.closed;
});
