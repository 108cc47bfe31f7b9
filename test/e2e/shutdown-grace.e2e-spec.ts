import http from 'node:http';
import { filesHere } from './support/files.js';
import { API_KEY, eventually } from './support/service.js';

/** More than all buffers on the way hold. */
const SIZE = 60_000_000;

/** What a client got whose answer was cut off, or that came whole. */
interface Got {
  status?: number;
  bytes: number;
  whole: boolean;
}

describe('what is not done by the end of the grace', () => {
  const here = filesHere({ ATOLL_SHUTDOWN_GRACE: '500' });

  /** Begins to read and then takes nothing until it is told to. */
  function slowRead(path: string, accept: string): { begun: Promise<void>; rest: () => Promise<Got> } {
    const url = `${here.service.url}${here.sandbox.path}/files?path=${path}`;
    const headers = { authorization: `Bearer ${API_KEY}`, accept };
    const answer = new Promise<http.IncomingMessage>((resolve, reject) => {
      http.get(url, { headers, agent: false }, resolve).on('error', reject);
    });
    return {
      begun: answer.then((response) => void response.pause()),
      rest: async () => {
        const response = await answer;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => (bytes += chunk.length));
        const whole = await new Promise<boolean>((resolve) => {
          response.on('end', () => resolve(true)).on('error', () => resolve(false));
          response.resume();
        });
        return { status: response.statusCode, bytes, whole };
      },
    };
  }

  it('is cut off so that whoever reads can tell, and an upload changes nothing', async () => {
    await here.truth(`mkdir /tmp/d && head -c ${SIZE} /dev/urandom >/tmp/d/big && echo old >/tmp/kept`);
    const reads = [
      slowRead('/tmp/d/big', 'application/octet-stream'),
      slowRead('/tmp/d', 'application/x-tar'),
      slowRead('/tmp/d', 'application/gzip'),
    ];
    await Promise.all(reads.map(({ begun }) => begun));
    const neverEnding = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.alloc(1_000_000)) });
    const upload = here.files.put('/tmp/kept', neverEnding).then(
      () => 'answered',
      () => 'cut off',
    );
    await eventually(
      () => here.truth('find /tmp -name ".atoll-tmp*" | wc -l'),
      (count) => count === '1\n',
    );

    const begun = Date.now();
    expect(await here.service.kill('SIGTERM')).toBe(0);
    expect(Date.now() - begun).toBeLessThan(5000);
    for (const { rest } of reads) {
      const { status, bytes, whole } = await rest();
      expect({ status, whole }).toEqual({ status: 200, whole: false });
      expect(bytes).toBeLessThan(SIZE);
    }
    expect(await upload).toBe('cut off');
    await here.service.boot();
    await eventually(
      () => here.truth('find / -xdev -name ".atoll-tmp*"'),
      (left) => left === '',
    );
    expect(await here.truth('cat /tmp/kept')).toBe('old\n');
  });
});
