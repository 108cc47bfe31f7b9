import { setTimeout as sleep } from 'node:timers/promises';
import { pack } from 'tar-stream';
import { docker } from './support/docker.js';
import { filesHere } from './support/files.js';
import { eventually } from './support/service.js';

/** Empty files: many of them take time to copy, and no space. In memory, so that they are made quickly. */
const TREE = 'for d in $(seq 40); do mkdir -p /dev/shm/from/$d && cd /dev/shm/from/$d && seq 500 | xargs touch; done';

/** What is unfinished when a sandbox is killed is on its disk, and is gone after its next start. */
describe('a sandbox that is killed in the middle of', () => {
  const here = filesHere();
  const container = () => `atoll-${here.sandbox.id}`;

  /** An archive that does not end. */
  function endless(): ReadableStream {
    const archive = pack();
    const chunks = archive[Symbol.asyncIterator]();
    let n = 0;
    return new ReadableStream({
      async pull(controller) {
        archive.entry({ name: `d/${n++}` }, 'x');
        await sleep(5);
        const { value } = await chunks.next();
        controller.enqueue(value);
      },
    });
  }

  it.each<[string, () => Promise<{ status: number }>]>([
    ['an unpack', () => here.files.put('/srv/to', endless(), { headers: { 'content-type': 'application/x-tar' } })],
    ['a copy of a tree', () => here.files.post('copy', '/dev/shm/from', { to: '/srv/to' })],
    ['a move across file systems', () => here.files.post('move', '/dev/shm/from', { to: '/srv/to' })],
  ])('%s leaves nothing unfinished', async (_what, call) => {
    await here.truth('rm -rf /srv && mkdir /srv');
    await here.truth(TREE);
    const answer = call().then(
      ({ status }) => status,
      () => 0,
    );
    await eventually(
      () => here.truth('find /srv -path "*/.atoll-tmp-*/*" | head -n 3'),
      (names) => names !== '',
    );
    docker('kill', container());
    expect(await answer).not.toBe(200);
    expect(docker('diff', container())).toMatch(/\/srv\/(to\/)?\.atoll-tmp-\w+\/(1|d)/);
    await eventually(
      () => here.service.get(here.sandbox.path),
      ({ body }) => body.status === 'stopped',
    );
    expect((await here.service.post(`${here.sandbox.path}/start`)).status).toBe(200);
    await eventually(
      () => here.truth('find / -xdev -name ".atoll-tmp*"'),
      (left) => left === '',
    );
    expect(await here.truth('ls -A /srv/to 2>/dev/null')).toBe('');
  });
});
