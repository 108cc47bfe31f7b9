import { FakeConnector, IDENTITY, type StreamHandler } from '../../test/support/fake-agent.js';
import { isCode } from '../common/errors/is-code.js';
import type { Config } from '../config/config.js';
import { AgentRefusal } from './agent-errors.js';
import { AgentStats, statsOf } from './agent-stats.js';
import { Guest } from './guest.js';

const SAID = {
  cpu_usage_us: 1_234_567,
  cpu_percent: 150.25,
  memory: { usage: 12_582_912, limit: 67_108_864, percent: 18.75 },
  pids: 39,
  network: { rx_bytes: 1000, tx_bytes: 200 },
  uptime_ms: 5000,
};

const UNDERSTOOD = {
  cpuPercent: 150.25,
  memory: { usage: 12_582_912, limit: 67_108_864, percent: 18.75 },
  pids: 39,
  network: { rxBytes: 1000, txBytes: 200 },
  uptimeMs: 5000,
};

const bytes = (said: unknown) => Buffer.from(JSON.stringify(said));

describe('what an agent says of its sandbox', () => {
  it('is taken in our own words', () => {
    expect(statsOf(bytes(SAID))).toEqual(UNDERSTOOD);
    const more = { ...SAID, more: 1, memory: { ...SAID.memory, more: 1 } };
    expect(statsOf(bytes(more))).toEqual(UNDERSTOOD);
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['nothing', Buffer.alloc(0)],
    ['null', bytes(null)],
    ['something missing', bytes({ ...SAID, pids: undefined })],
    ['a text for a number', bytes({ ...SAID, uptime_ms: '5' })],
    ['less than nothing', bytes({ ...SAID, cpu_percent: -0.01 })],
    ['an infinite number', Buffer.from(JSON.stringify(SAID).replace('150.25', '1e999'))],
    ['more CPUs than there are', bytes({ ...SAID, cpu_percent: 1e7 })],
    ['more processes than there can be', bytes({ ...SAID, pids: 5_000_000 })],
    ['half a byte', bytes({ ...SAID, memory: { ...SAID.memory, usage: 0.5 } })],
    ['more bytes than can be counted', bytes({ ...SAID, network: { rx_bytes: 1e300, tx_bytes: 0 } })],
    ['a mad percentage', bytes({ ...SAID, memory: { ...SAID.memory, percent: 1e6 } })],
  ])('is not believed: %s', (_what, payload) => {
    const attempt = () => statsOf(payload);
    expect(attempt).toThrow('not understood');
  });
});

describe('an agent', () => {
  const asked: string[] = [];
  const agentStats = new AgentStats({ agent: { callTimeoutMs: 300 } } as Config);

  async function guestOf(answer: StreamHandler) {
    asked.length = 0;
    const connector = new FakeConnector();
    const guest = new Guest({ ...IDENTITY, containerName: 'c' }, connector, { lost: () => undefined }, 1000);
    onTestFinished(() => guest.end());
    await guest.prepare();
    await connector.connect((stream, path, method, headers) => {
      asked.push(`${method} ${path}`);
      answer(stream, path, method, headers);
    });
    return guest;
  }

  it('is asked for its numbers', async () => {
    const guest = await guestOf((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(bytes(SAID));
    });
    expect(await agentStats.read(guest)).toEqual(UNDERSTOOD);
    expect(asked).toEqual(['GET /stats']);
  });

  it('is told how long commands have to end', async () => {
    const guest = await guestOf((stream) => stream.respond({ ':status': 204 }, { endStream: true }));
    await agentStats.setStopGrace(guest, 0);
    await agentStats.setStopGrace(guest, 2500);
    expect(asked).toEqual(['PUT /stop-grace?ms=0', 'PUT /stop-grace?ms=2500']);
  });

  it('may refuse, say too much, or nothing', async () => {
    const refusing = await guestOf((stream) => {
      stream.respond({ ':status': 400 });
      stream.end('{"kind":"invalid","message":"ms: not a number"}');
    });
    await expect(agentStats.setStopGrace(refusing, -1)).rejects.toBeInstanceOf(AgentRefusal);

    const talking = await guestOf((stream) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(5000, ' '));
    });
    const tooMuch: unknown = await agentStats.read(talking).catch((error: unknown) => error);
    expect(isCode(tooMuch, 'PAYLOAD_TOO_LARGE')).toBe(true);

    const silent = await guestOf(() => undefined);
    const late: unknown = await agentStats.read(silent).catch((error: unknown) => error);
    expect(isCode(late, 'TIMEOUT')).toBe(true);
  });
});
