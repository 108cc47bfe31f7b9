import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { agentServer, PEER, type StreamHandler } from '../../test/support/fake-agent.js';
import { Session } from './session.js';
import { bodyOf } from './stream-body.js';

const open: Session[] = [];
afterEach(() => open.splice(0).forEach((session) => session.close()));

async function body(onStream: StreamHandler, { idleMs = 5000, length }: { idleMs?: number; length?: number } = {}) {
  const agent = await agentServer(onStream);
  const session = Session.open(agent.theirs, PEER);
  open.push(session);
  const request = session.request({ method: 'GET', path: '/', endStream: true });
  await request.ok();
  return bodyOf(request, idleMs, length);
}

const read = async (stream: AsyncIterable<Buffer>) => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

it.each([0, 1, 65_536, 3_000_000])('is the answer, byte for byte: %i of them', async (length) => {
  const content = randomBytes(length);
  const stream = await body((answer) => answer.end(content), { length });
  expect((await read(stream)).equals(content)).toBe(true);
});

it('is held back by a slow reader, and loses nothing', async () => {
  const block = randomBytes(65_536);
  const sum = createHash('sha256');
  let sent = 0;
  const stream = await body((answer) => {
    const more = () => {
      while (sent < 320) {
        sent++;
        sum.update(block);
        if (!answer.write(block)) return void answer.once('drain', more);
      }
      answer.end();
    };
    more();
  });
  await sleep(200);
  expect(sent).toBeLessThan(200);
  const got = createHash('sha256');
  for await (const chunk of stream) {
    got.update(chunk as Buffer);
    if (sent < 320) await sleep(1);
  }
  expect(got.digest('hex')).toBe(sum.digest('hex'));
});

it.each([
  ['shorter', 4],
  ['longer', 2],
])('fails when it is %s than was said', async (_how, length) => {
  const stream = await body((answer) => answer.end('abc'), { length });
  await expect(read(stream)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
});

it('fails when nothing comes while somebody waits, and not while nobody does', async () => {
  const stream = await body(
    (answer) => {
      answer.respond();
      answer.write('a piece');
    },
    { idleMs: 100 },
  );
  await sleep(250);
  expect(stream.errored).toBeNull();
  await expect(read(stream)).rejects.toMatchObject({ code: 'TIMEOUT' });
});

it('fails when the connection breaks', async () => {
  const stream = await body((answer) => {
    answer.respond();
    answer.write('half', () => answer.session?.destroy());
  });
  await expect(read(stream)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
});

it('drops the request when it is destroyed', async () => {
  let closed: Promise<unknown> | undefined;
  const stream = await body((answer) => {
    closed = once(answer, 'close');
    answer.respond();
    answer.write('more will never come');
  });
  stream.destroy();
  await closed;
});
