import type { Guest } from '../../src/guest/guest.js';
import { Session } from '../../src/guest/session.js';
import { agentServer, PEER, type StreamHandler } from './fake-agent.js';

const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

/** A guest with a session to an agent that answers by `onStream`; closed after the test. */
export async function guestOf(onStream: StreamHandler): Promise<Guest> {
  const agent = await agentServer(onStream);
  const session = Session.open(agent.theirs, PEER);
  open.push(session);
  return { session: () => Promise.resolve(session) } as unknown as Guest;
}
