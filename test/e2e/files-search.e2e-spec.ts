import { setTimeout as sleep } from 'node:timers/promises';
import { filesHere } from './support/files.js';
import { eventually } from './support/service.js';

interface Event {
  type: string;
  path?: string;
  from?: string;
  directory?: boolean;
}

describe('finding, replacing, watching', () => {
  const here = filesHere({ ATOLL_MAX_TEXT_FILE: '100000', ATOLL_MAX_WATCHED_DIRECTORIES: '20' });
  beforeAll(async () => {
    await here.sandbox.sh(
      'mkdir -p /tmp/p/src/deep /tmp/p/docs && cd /tmp/p && echo one >a.ts && printf "x\\r\\nfind ME (here)\\nÜber me" >src/b.ts',
    );
    await here.sandbox.sh(
      'cd /tmp/p && echo find >src/deep/c.js && printf "find\\0" >binary && mkfifo pipe && ln -s / root && echo find >docs/d.ts',
    );
  });

  const search = (query: Record<string, string>) =>
    here.files.call({ call: '/search', query: { path: '/tmp/p', ...query } });
  const paths = async (query: Record<string, string>) =>
    (await search(query)).json.matches.map(({ path }: { path: string }) => path.replace('/tmp/p/', ''));

  it('finds by name', async () => {
    expect(await paths({ name: '*.ts' })).toEqual(['a.ts', 'docs/d.ts', 'src/b.ts']);
    expect(await paths({ name: 'src/**' })).toEqual(['src/b.ts', 'src/deep', 'src/deep/c.js']);
    expect(await paths({ name: '**/*.[jt]s' })).toEqual(['a.ts', 'docs/d.ts', 'src/b.ts', 'src/deep/c.js']);
    expect(await paths({ name: '[!a-d]*' })).toEqual(['pipe', 'root', 'src']);
    expect(await paths({ name: '?.ts', limit: '2' })).toEqual(['a.ts', 'docs/d.ts']);
    expect((await search({ name: '?.ts', limit: '2' })).json.truncated).toBe(true);
    expect((await search({ name: '?.ts', limit: '3' })).json.truncated).toBe(false);
    expect((await search({ name: '[z-a]' })).status).toBe(400);
    expect((await search({})).status).toBe(400);
    expect((await search({ name: 'x', path: '/none' })).status).toBe(404);
  });

  it('finds by content', async () => {
    expect((await search({ content: 'find' })).json).toMatchObject({
      path: '/tmp/p',
      truncated: false,
      matches: [
        { path: '/tmp/p/docs/d.ts', line: 1, column: 1, text: 'find', type: 'file', size: 5 },
        { path: '/tmp/p/src/b.ts', line: 2, column: 1, text: 'find ME (here)' },
        { path: '/tmp/p/src/deep/c.js', line: 1 },
      ],
    });
    expect(await paths({ content: 'find', name: '*.ts' })).toEqual(['docs/d.ts', 'src/b.ts']);
    const folded = (await search({ content: 'ÜBER ME', ignore_case: 'true' })).json.matches;
    expect(folded).toMatchObject([{ line: 3, column: 1, text: 'Über me' }]);
    expect(await paths({ content: '(here)' })).toEqual(['src/b.ts']);
    expect(await paths({ content: '^f.*\\)$', regex: 'true' })).toEqual(['src/b.ts']);
    expect((await search({ content: '(', regex: 'true' })).status).toBe(400);
    await here.truth('head -c 3000000 /dev/zero | tr "\\0" x >/tmp/p/long; echo needle >>/tmp/p/long');
    const [long] = (await search({ content: 'needle' })).json.matches;
    expect(long).toMatchObject({ path: '/tmp/p/long', line: 1 });
    expect(long.text.length).toBeLessThanOrEqual(400);
    await here.truth('rm /tmp/p/long');
    expect((await search({ content: 'x', path: '/proc' })).status).toBe(400);
  });

  it('replaces in a file', async () => {
    const replace = (body: object) => here.files.post('replace', '/tmp/r', body);
    await here.files.put('/tmp/r', 'a $1 a\r\nA', { query: { mode: '0640', uid: '1000' } });
    expect((await replace({ search: 'a', replace: '$1' })).json).toEqual({
      path: '/tmp/r',
      status: 'replaced',
      replacements: 2,
    });
    expect(await here.truth('cat /tmp/r; stat -c "%a %u" /tmp/r')).toBe('$1 $1 $1\r\nA640 1000\n');
    expect((await replace({ search: 'none', replace: 'x' })).json).toMatchObject({
      status: 'unchanged',
      replacements: 0,
    });
    expect((await replace({ search: '$1', replace: 'x', expected: 1 })).status).toBe(409);
    expect((await replace({ search: '$1', replace: 'x', expected: 3 })).status).toBe(200);
    expect((await replace({ search: '(x) (x)', replace: '$2-$1', regex: true })).status).toBe(200);
    expect((await replace({ search: 'a', replace: '', ignore_case: true })).status).toBe(200);
    expect(await here.truth('cat /tmp/r')).toBe('x-x x\r\n');
    expect((await replace({ search: '', replace: 'x' })).status).toBe(400);
    expect((await replace({ search: '(', replace: 'x', regex: true })).status).toBe(400);
    expect((await replace({ search: 'x', replace: 'y'.repeat(90_000) })).status).toBe(413);
    expect((await here.files.post('replace', '/tmp', { search: 'x', replace: 'y' })).status).toBe(400);
    await here.files.put('/tmp/r', 'n'.repeat(20));
    const all = await Promise.all(Array.from({ length: 8 }, () => replace({ search: 'n', replace: 'nn' })));
    const done = all.filter(({ status }) => status === 200).length;
    expect((await here.files.get('/tmp/r')).bytes).toHaveLength(20 * 2 ** done);
  });

  it('tells what happens in a directory', async () => {
    await here.truth('mkdir -p /tmp/w/old');
    const abort = new AbortController();
    const response = await fetch(`${here.service.url}${here.sandbox.path}/files/watch?path=/tmp/w&recursive=true`, {
      headers: here.service.headers,
      signal: abort.signal,
    });
    expect(response.headers.get('content-type')).toContain('application/x-ndjson');
    const events: Event[] = [];
    let rest = '';
    const reading = (async () => {
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop()!;
        events.push(...lines.map((line) => JSON.parse(line) as Event));
      }
    })().catch(() => undefined);
    const seen = (wanted: object) =>
      eventually(
        async () => events,
        () => events.some((event) => expect.objectContaining(wanted).asymmetricMatch(event)),
      );
    await seen({ type: 'started' });
    await here.truth('cd /tmp/w && echo x >a && mv a b && chmod 600 b && mkdir -p n/m && echo y >n/m/f && rm b');
    for (const wanted of [
      { type: 'created', path: '/tmp/w/a' },
      { type: 'modified', path: '/tmp/w/a' },
      { type: 'written', path: '/tmp/w/a' },
      { type: 'moved', path: '/tmp/w/b', from: '/tmp/w/a' },
      { type: 'attributes', path: '/tmp/w/b' },
      { type: 'created', path: '/tmp/w/n/m', directory: true },
      { type: 'created', path: '/tmp/w/n/m/f' },
      { type: 'deleted', path: '/tmp/w/b' },
    ])
      await seen(wanted);
    await here.truth('mv /tmp/w/n /tmp/w/old/n');
    await seen({ type: 'moved', path: '/tmp/w/old/n', from: '/tmp/w/n', directory: true });
    await here.truth('cd /tmp/w && mkdir -p q/r && mv q old/q'); // before anybody can watch it
    await seen({ type: 'moved', path: '/tmp/w/old/q' });
    await here.truth('touch /tmp/w/old/q/r/s');
    await seen({ type: 'created', path: '/tmp/w/old/q/r/s' });
    await here.files.put('/tmp/w/old/n/m/g', 'by the API');
    await seen({ type: 'written', path: '/tmp/w/old/n/m/g' });
    await here.truth('mv /tmp/w/old /tmp/gone && touch /tmp/gone/n/x');
    await seen({ type: 'deleted', path: '/tmp/w/old', directory: true });
    expect(JSON.stringify(events)).not.toContain('atoll-tmp');
    await here.truth('rmdir /tmp/w');
    await seen({ type: 'end' });
    await reading;
    const watch = (path: string, query = {}) => here.files.call({ call: '/watch', query: { path, ...query } });
    expect((await watch('/none')).status).toBe(404);
    expect((await watch('/etc/passwd')).status).toBe(400);
    expect((await watch('/proc')).status).toBe(400);
    expect((await watch('/', { recursive: 'true' })).status).toBe(413);
  });

  it('leaves no watch behind when its client goes', async () => {
    const url = `${here.service.url}${here.sandbox.path}/files/watch?path=/tmp`;
    // The kernel gives a user 128 instances: 200 find room only when the earlier ones are gone.
    for (let turn = 0; turn < 10; turn++) {
      const client = new AbortController();
      const begin = () => fetch(url, { headers: here.service.headers, signal: client.signal });
      await eventually(begin, ({ status }) => status === 200); // those of the last turn may still be going
      const watches = await Promise.all(Array.from({ length: 19 }, begin));
      expect(watches.map(({ status }) => status)).toEqual(Array(19).fill(200));
      client.abort();
      await sleep(50);
    }
  });
});
