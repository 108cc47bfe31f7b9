import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { filesHere } from './support/files.js';

const MIB = 1024 * 1024;
/** `ATOLL_TEST_LARGE_MIB=2048` is the long form; see `test/soak`. */
const SIZE = Number(process.env.ATOLL_TEST_LARGE_MIB ?? 192) * MIB;
/** Even on a machine that has other work to do. */
const TIMEOUT_MS = 60_000 + (SIZE / MIB) * 150;

describe.each(['socket', 'exec'])('large files by %s', (transport) => {
  const here = filesHere({ ATOLL_TRANSPORT: transport });

  const rss = async () => {
    const [, kib] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${here.service.pid}/status`, 'utf8'))!;
    return Number(kib) / 1024;
  };
  const url = (path: string) => `${here.service.url}${here.sandbox.path}/files?path=${path}`;
  const BYTES = 'application/octet-stream';
  const headers = (more: Record<string, string>) => ({ authorization: here.service.headers.authorization, ...more });

  async function send(path: string, size: number): Promise<string> {
    const hash = createHash('sha256');
    const block = randomBytes(MIB);
    let left = size;
    const body = new ReadableStream({
      pull(controller) {
        if (left === 0) return controller.close();
        const chunk = block.subarray(0, Math.min(left, block.length));
        block.writeUInt32LE(left / 1024, 0);
        hash.update(chunk);
        left -= chunk.length;
        controller.enqueue(Buffer.from(chunk));
      },
    });
    const init = { method: 'PUT', headers: headers({ 'content-type': BYTES }), body, duplex: 'half' };
    expect((await fetch(url(path), init as RequestInit)).status).toBe(200);
    return hash.digest('hex');
  }

  async function receive(path: string): Promise<string> {
    const response = await fetch(url(path), { headers: headers({ accept: BYTES }) });
    const hash = createHash('sha256');
    for await (const chunk of response.body!) hash.update(chunk);
    return hash.digest('hex');
  }

  it(
    'are written and read by stream, and cost no memory',
    async () => {
      await send('/tmp/warm', 128 * MIB); // code is compiled, buffers have found their size
      await receive('/tmp/warm');
      const before = await rss();
      const samples: number[] = [];
      const sampling = setInterval(() => void rss().then((value) => samples.push(value)), 100);
      const sent = await send('/tmp/large', SIZE);
      const received = await receive('/tmp/large').finally(() => clearInterval(sampling));
      expect(received).toBe(sent);
      expect((await here.sandbox.run('sha256sum', ['/tmp/large'])).stdout.split(' ')[0]).toBe(sent);
      const growth = Math.max(...samples) - before;
      console.log(`RSS ${before.toFixed(0)} MiB, grew by ${growth.toFixed(1)} MiB`);
      expect(growth).toBeLessThanOrEqual(20);
    },
    TIMEOUT_MS,
  );

  it('do not slow others down when their clients are slow', async () => {
    const third = async () => {
      const times: number[] = [];
      for (let turn = 0; turn < 40; turn++) {
        const begun = performance.now();
        expect((await here.files.put('/tmp/third', 'x')).status).toBe(200);
        times.push(performance.now() - begun);
      }
      const begun = performance.now();
      await send('/tmp/fast', 32 * MIB);
      return { small: times.sort((a, b) => a - b)[20], large: performance.now() - begun };
    };
    await third();
    const alone = await third();
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const slow = await Promise.all(
      [1, 2].map(() => fetch(url('/tmp/large'), { headers: headers({ accept: BYTES }), signal })), // and nobody reads them
    );
    const endless = [1, 2].map((n) => {
      const body = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.alloc(MIB)) });
      const init = { method: 'PUT', headers: headers({ 'content-type': BYTES }), body, duplex: 'half', signal };
      return fetch(url(`/tmp/endless-${n}`), init as RequestInit).catch(() => undefined);
    });
    const beside = await third();
    expect(slow.map(({ status }) => status)).toEqual([200, 200]);
    giveUp.abort();
    await Promise.all(endless);
    const after = await third();
    console.log(`alone ${JSON.stringify(alone)}, beside two slow readers and writers ${JSON.stringify(beside)}`);
    // Whoever waited for the slow ones would wait for ever: what is allowed is what a busy machine does.
    expect(beside.small).toBeLessThan(3 * Math.max(alone.small, after.small) + 20);
    expect(beside.large).toBeLessThan(3 * Math.max(alone.large, after.large) + 500);
  });
});
