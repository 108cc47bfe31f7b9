import { createCipheriv, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './support/docker.js';
import { Files } from './support/files.js';
import { eventually, Service, type Sandbox } from './support/service.js';

const SIZE = 6_000_000;
const PATH = '/srv/kept/file';

/** A content of its own for each write. */
function version(n: number): Buffer {
  const key = Buffer.alloc(16, n + 1);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(SIZE + n));
}

/** Writers that die at random moments: the file is always one of those that were written, whole, and nothing lies around. */
describe.each(['socket', 'exec'])('a writer killed in the middle (%s)', (transport) => {
  let service: Service;
  let sandbox: Sandbox;
  let files: Files;
  const whole = new Set<string>();
  let written = 0;

  beforeAll(async () => {
    service = await Service.start({ ATOLL_TRANSPORT: transport });
    sandbox = await service.sandbox();
    files = new Files(sandbox);
    expect((await files.put(PATH, next())).status).toBe(200);
  });
  afterAll(() => service.stop());

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
    const url = `${service.url}${sandbox.path}/files?path=${PATH}`;
    const headers = { authorization: service.headers.authorization, 'content-type': 'application/octet-stream' };
    const init = { method: 'PUT', headers, body, duplex: 'half', signal };
    return fetch(url, init as RequestInit).then(
      (response) => response.text(),
      () => undefined,
    );
  }

  async function isWhole(): Promise<void> {
    const { stdout } = await sandbox.sh(`sha256sum ${PATH}`);
    expect(whole.has(stdout.split(' ')[0])).toBe(true);
    await eventually(
      async () => (await sandbox.sh('find / -xdev -name ".atoll-tmp*"; ls -A /srv/kept')).stdout,
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
    await service.kill('SIGKILL');
    await writing;
    await service.boot();
    await isWhole();
  });

  it.each(moments.slice(2))('with its sandbox, after %i ms', async (ms) => {
    const writing = write();
    await sleep(ms);
    docker('kill', `atoll-${sandbox.id}`);
    await writing;
    await eventually(
      () => service.get(sandbox.path),
      ({ body }) => body.status === 'stopped',
    );
    expect((await service.post(`${sandbox.path}/start`)).status).toBe(200);
    await isWhole();
  });
});
