import { connect } from 'node:net';
import { base64, filesHere } from './support/files.js';
import { API_KEY } from './support/service.js';

const part = (name: string, content: string) =>
  `--x\r\nContent-Disposition: form-data; name="f"; filename="${name}"\r\n\r\n${content}\r\n`;

describe('files over HTTP, to the letter', () => {
  const here = filesHere({ ATOLL_MAX_RAW_BODY: '2000', ATOLL_AGENT_CALL_TIMEOUT: '3000' });

  it('refuses a condition that it cannot keep, and changes nothing', async () => {
    await here.files.put('/tmp/kept', 'kept');
    const headers = { 'if-match': '"zzz"' };
    const query = { path: '/tmp/kept' };
    for (const call of [
      { method: 'DELETE', query },
      { method: 'PATCH', query, body: { mode: '0600' } },
      { method: 'POST', call: '/move', query, body: { to: '/tmp/moved' } },
      { method: 'POST', call: '/replace', query, body: { search: 'kept', replace: 'lost' } },
    ])
      expect(await here.files.call({ ...call, headers })).toMatchObject({
        status: 400,
        json: { code: 'BAD_REQUEST', details: { field: 'If-Match' } },
      });
    expect(await here.truth('cat /tmp/kept; stat -c %a /tmp/kept')).toBe('kept644\n');
  });

  it.each([
    ['application/x-tar', { mode: '0700' }],
    ['application/x-tar', { append: 'true' }],
    ['application/octet-stream', { encoding: 'base64' }],
    ['application/json', { links: 'keep' }],
  ])('refuses what a write as %s has no use for: %j', async (type, query) => {
    const answer = await here.files.put('/tmp/unused', '{"content":""}', { query, headers: { 'content-type': type } });
    expect(answer).toMatchObject({ status: 400, json: { details: { field: Object.keys(query)[0] } } });
    expect((await here.files.stat('/tmp/unused')).status).toBe(404);
  });

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('refuses the unknown field %s', async (name) => {
    const message = expect.stringContaining(`unknown field "${name}"`) as string;
    const { service, sandbox } = here;
    const read = await service.get(`${sandbox.path}/files?path=/etc/passwd&${name}=1`);
    expect(read).toMatchObject({ status: 400, body: { message } });
    if (name === '__proto__') return; // Fastify's own parser refuses it in a body
    const write = await here.files.put('/tmp/unknown', JSON.stringify({ content: 'a', [name]: 'b' }), {
      headers: { 'content-type': 'application/json' },
    });
    expect(write).toMatchObject({ status: 400, json: { message } });
  });

  it('takes a Range of a GET alone, and a time only as HTTP writes it', async () => {
    await here.files.put('/tmp/whole', '0123456789');
    for (const range of ['bytes=0-3', 'bytes=100-']) {
      const head = await here.files.call({ method: 'HEAD', query: { path: '/tmp/whole' }, headers: { range } });
      expect(head.status).toBe(200);
      expect(head.headers.get('content-length')).toBe('10');
      expect(head.headers.get('content-range')).toBeNull();
    }
    expect((await here.files.get('/tmp/whole', { 'if-modified-since': '2030' })).status).toBe(200);
    const later = 'Tuesday, 01-Jan-30 00:00:00 GMT';
    expect((await here.files.get('/tmp/whole', { 'if-modified-since': later })).status).toBe(304);
  });

  it.each(['A', 'AB', 'AAAAA'])('refuses the cursor %s, which no answer gave', async (cursor) => {
    const answer = await here.files.list('/etc', { limit: '1', cursor });
    expect(answer).toMatchObject({ status: 400, json: { details: { field: 'cursor' } } });
  });

  it('says in words which file of a tree may not be read, while nothing of it is sent', async () => {
    await here.truth('mkdir /tmp/d && cd /tmp/d && echo a >a && echo b >b && chmod 600 b');
    for (const encoding of ['gzip', 'identity']) {
      const headers = { accept: 'application/x-tar', 'accept-encoding': encoding };
      const answer = await here.files.get('/tmp/d', headers, { user: '65534' });
      expect(answer).toMatchObject({
        status: 403,
        json: { code: 'FORBIDDEN', message: expect.stringContaining('/tmp/d/b') },
      });
      for (const name of ['content-encoding', 'content-disposition', 'retry-after'])
        expect(answer.headers.get(name)).toBeNull();
    }
    await here.truth('cd /tmp/d && head -c 3000000 /dev/urandom >a');
    const broken = here.files.get('/tmp/d', { accept: 'application/x-tar' }, { user: '65534' });
    await expect(broken).rejects.toThrow();
  });

  /** The answer to a form that is sent so far and no further. */
  const upload = (body: string, length = 100_000, path = '/tmp/form') =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(here.service.port, '127.0.0.1', () =>
        socket.write(
          `POST ${here.sandbox.path}/files?path=${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${API_KEY}\r\nConnection: close\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: ${length}\r\n\r\n${body}`,
          'latin1',
        ),
      );
      let text = '';
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
      socket.on('error', reject).on('close', () => resolve(text));
      socket.setTimeout(20_000, () => socket.destroy(new Error(`no end of the answer: ${text}`)));
    });

  it.each([
    ['without any of it', ''],
    ['between two parts', part('whole', 'x')],
  ])('ends a form that stands still %s with a 408', async (_when, body) => {
    expect(await upload(body)).toMatch(/^HTTP\/1.1 408 [^]*"TIMEOUT"/);
  });

  it('passes over what a form has without a name', async () => {
    const bytes =
      '--x\r\nContent-Disposition: form-data; name="b"\r\nContent-Type: application/octet-stream\r\n\r\nzz\r\n';
    for (const nameless of [part('', ''), bytes]) {
      const form = `${part('a', '1')}${nameless}${part('b', '2')}--x--\r\n`;
      expect(await upload(form, form.length)).toMatch(/^HTTP\/1.1 200 [^]*form\/a[^]*form\/b/);
    }
  });

  it('names what it uploaded by its bytes where the path is not UTF-8', async () => {
    const form = new FormData();
    form.append('f', new Blob(['x']), 'a');
    const folder = Buffer.from('/tmp/\xff/', 'latin1');
    const { url, headers } = here.service;
    const answer = await fetch(
      `${url}${here.sandbox.path}/files?${new URLSearchParams({ path_base64: base64(folder) })}`,
      { method: 'POST', headers: { authorization: headers.authorization }, body: form },
    );
    expect(await answer.json()).toMatchObject({
      files: [{ path: '/tmp/\ufffd/a', path_base64: base64(Buffer.concat([folder, Buffer.from('a')])), size: 1 }],
    });
  });

  it('bounds the whole of a form', async () => {
    const form = `${['a', 'b', 'c'].map((name) => part(name, 'x'.repeat(900))).join('')}--x--\r\n`;
    expect(await upload(form, form.length)).toMatch(/^HTTP\/1.1 413 /);
  });

  it('refuses a file of a form whose name is not UTF-8', async () => {
    const form = `${part('a\xff', 'one')}${part('a\xfe', 'two')}--x--\r\n`;
    expect(await upload(form, form.length, '/tmp/odd')).toMatch(/^HTTP\/1.1 400 [^]*UTF-8/);
    expect(await here.truth('ls -A /tmp/odd 2>/dev/null | wc -l')).toBe('0\n');
  });
});
