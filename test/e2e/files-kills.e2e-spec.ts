import { createCipheriv, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './support/docker.js';
import { filesHere } from './support/files.js';
import { eventually } from './support/service.js';

const SIZE = 6_000_000;
const PATH = '/srv/kept/file';

/** A content of its own for each write. */
function version(n: number): Buffer {
  const key = Buffer.alloc(16, n + 1);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(SIZE + n));
}

/** Writers that die at random moments: the file is always one of those that were written, whole, and nothing lies around. */
describe.each(['socket', 'exec'])('a writer killed in the middle (%s)', (transport) => {
  const here = filesHere({ ATOLL_TRANSPORT: transport });
  const whole = new Set<string>();
  let written = 0;
  beforeAll(async () => {
    expect((await here.files.put(PATH, next())).status).toBe(200);
  });

  function next(): Buffer {
    const content = version(written++);
    whole.add(createHash('sha256').update(content).digest('hex'));
    return content;
  }

  /** Writes slowly, so that there is time to die in; resolves when it came to its end, however. */
  function write(signal?: AbortSignal): Promise<unknown> {
    const content = next();
    let at = 0;
    const body = new ReadableStream({
      async pull(controller) {
        if (at >= content.length) return controller.close();
        controller.enqueue(content.subarray(at, (at += 400_000)));
        await sleep(10);
      },
    });
    const url = `${here.service.url}${here.sandbox.path}/files?path=${PATH}`;
    const headers = { authorization: here.service.headers.authorization, 'content-type': 'application/octet-stream' };
    const init = { method: 'PUT', headers, body, duplex: 'half', signal };
    return fetch(url, init as RequestInit).then(
      (response) => response.text(),
      () => undefined,
    );
  }

  async function isWhole(): Promise<void> {
    const { stdout } = await here.sandbox.sh(`sha256sum ${PATH}`);
    expect(whole.has(stdout.split(' ')[0])).toBe(true);
    await eventually(
      async () => (await here.sandbox.sh('find / -xdev -name ".atoll-tmp*"; ls -A /srv/kept')).stdout,
      (left) => left === 'file\n',
    );
  }

  const moments = Array.from({ length: 4 }, () => Math.floor(Math.random() * 220));

  it.each(moments)('with its client, after %i ms', async (ms) => {
    const giveUp = new AbortController();
    const writing = write(giveUp.signal);
    await sleep(ms);
    giveUp.abort();
    await writing;
    await isWhole();
  });

  it.each(moments.slice(2))('with the service, after %i ms', async (ms) => {
    const writing = write();
    await sleep(ms);
    await here.service.kill('SIGKILL');
    await writing;
    await here.service.boot();
    await isWhole();
  });

  it.each(moments.slice(2))('with its sandbox, after %i ms', async (ms) => {
    const writing = write();
    await sleep(ms);
    docker('kill', `atoll-${here.sandbox.id}`);
    await writing;
    await eventually(
      () => here.service.get(here.sandbox.path),
      ({ body }) => body.status === 'stopped',
    );
    expect((await here.service.post(`${here.sandbox.path}/start`)).status).toBe(200);
    await isWhole();
  });
});
