import { duplexPair, type Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { IDENTITY, PEER, proveAsAgent } from '../../test/support/fake-agent.js';
import type { EngineHost } from '../engine/engine-host.js';
import { EngineError } from '../engine/errors.js';
import type { ProvenStream } from './connector.js';
import { ExecConnector } from './exec-connector.js';

const MINE = { ...IDENTITY, transport: 'exec' as const };

/** An engine whose execs end where the test says. */
function newConnector(onExec: (agent: Duplex) => unknown) {
  const streams: Duplex[] = [];
  const openExec = vi.fn<EngineHost['openExec']>(async () => {
    const [service, agent] = duplexPair();
    streams.push(service);
    void Promise.resolve(onExec(agent)).catch(() => undefined);
    return service;
  });
  const connector = new ExecConnector({ openExec } as unknown as EngineHost, 'box', MINE);
  const proven: ProvenStream[] = [];
  void connector.open((one) => proven.push(one));
  return { connector, openExec, proven, streams };
}

it('opens one exec for all who want it, when the first one does, and hides the secret from it', async () => {
  const { connector, openExec, proven } = newConnector((agent) => proveAsAgent(agent, MINE));
  expect(openExec).not.toHaveBeenCalled();
  await Promise.all([connector.wanted(), connector.wanted()]);
  await connector.wanted();
  expect(proven.map(({ peer }) => peer)).toEqual([PEER]);
  expect(openExec).toHaveBeenCalledOnce();
  const [container, command, env] = openExec.mock.calls[0];
  expect([container, command]).toEqual(['box', ['/.atoll/bin/agent', 'connect']]);
  expect(env).toEqual({ ATOLL_SECRET: undefined, ATOLL_RECORD: undefined });
});

it('opens another when the first is gone', async () => {
  const { connector, proven } = newConnector((agent) => proveAsAgent(agent, MINE));
  await connector.wanted();
  proven[0].stream.destroy();
  await connector.wanted();
  expect(proven).toHaveLength(2);
});

it('tries again while PID 1 does not listen yet', async () => {
  let attempts = 0;
  const { connector, proven, streams } = newConnector((agent) =>
    ++attempts < 3 ? agent.end() : proveAsAgent(agent, MINE),
  );
  await connector.wanted();
  expect(proven).toHaveLength(1);
  expect(streams.map((stream) => stream.destroyed)).toEqual([true, true, false]);
});

it('is a TIMEOUT when nobody there proves anything for 5 s', async () => {
  vi.useFakeTimers();
  try {
    const { connector } = newConnector((agent) => agent.end());
    const outcome = expect(connector.wanted()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await vi.advanceTimersByTimeAsync(6000);
    await outcome;
  } finally {
    vi.useRealTimers();
  }
});

it('passes on what the engine says, and asks it anew the next time', async () => {
  const { connector, openExec } = newConnector((agent) => proveAsAgent(agent, MINE));
  openExec.mockRejectedValueOnce(new EngineError('conflict', 'the container is paused'));
  await expect(connector.wanted()).rejects.toMatchObject({ kind: 'conflict' });
  await connector.wanted();
});

it('leaves no exec standing when it is closed, not even one that is being opened', async () => {
  const { connector, streams, proven } = newConnector((agent) => proveAsAgent(agent, MINE));
  await connector.wanted();
  await connector.close();
  expect(proven[0].stream.destroyed).toBe(true);

  const silent = newConnector(() => undefined);
  const wanted = silent.connector.wanted().catch((error: unknown) => error);
  await sleep(10);
  await silent.connector.close();
  expect(await wanted).toBeInstanceOf(Error);
  expect([...streams, ...silent.streams].every((stream) => stream.destroyed)).toBe(true);
  expect(silent.openExec).toHaveBeenCalledOnce();
});
