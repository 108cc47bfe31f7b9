import { setTimeout as sleep } from 'node:timers/promises';
import { agentServer, PEER } from '../../test/support/fake-agent.js';
import { SessionLost } from './agent-errors.js';
import { Session } from './session.js';
import { whileAlive } from './while-alive.js';

const forEver = new Promise<never>(() => undefined);
const unseen = vi.fn();
beforeEach(() => void process.on('unhandledRejection', unseen));
afterEach(() => void process.off('unhandledRejection', unseen));

it('fails when the agent takes no more questions, and nothing fails unseen', async () => {
  const { theirs, session: server } = await agentServer((stream) => stream.respond());
  const session = Session.open(theirs, PEER);
  const request = session.request({ method: 'DELETE', path: '/files', endStream: true });
  await request.ok(); // it stays open, and with it the connection
  server.goaway(0);
  await expect.poll(() => session.usable).toBe(false);
  await expect(whileAlive(session, forEver, { silenceMs: 20, limitMs: 2000 })).rejects.toThrow(SessionLost);
  await sleep(20);
  expect(unseen).not.toHaveBeenCalled();
  session.close();
});

it('fails when the agent does not answer, long before the limit', async () => {
  const { theirs } = await agentServer(() => undefined);
  const session = Session.open(theirs, PEER);
  const begun = performance.now();
  await expect(whileAlive(session, forEver, { silenceMs: 40, limitMs: 5000 })).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  expect(performance.now() - begun).toBeLessThan(2000);
  session.close();
});
