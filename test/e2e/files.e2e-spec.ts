import { Service, type Sandbox } from './support/service.js';

describe('files', () => {
  let service: Service;
  let sandbox: Sandbox;

  beforeAll(async () => {
    service = await Service.start();
    sandbox = await service.sandbox();
  });
  afterAll(() => service.stop());

  it.each([
    'with spaces',
    'quotes "double" and \'single\'',
    '$(touch pwned) `id` ; rm -rf *',
    'new\nline',
    'tab\tand\\backslash',
    '-rf',
    'ünïcödé 🌊',
    'e\u0301 is not \u00e9',
    '*?[a-z]',
    'x'.repeat(255),
  ])('takes the name %j as data', async (name) => {
    const folder = '/tmp/odd names';
    await sandbox.write(`${folder}/bystander`, 'untouched');
    const path = `${folder}/${name}`;
    expect(await sandbox.write(path, `content of ${name}`)).toMatchObject({
      status: 200,
      body: { path, status: 'written' },
    });
    expect((await sandbox.read(path)).body).toEqual({ path, content: `content of ${name}` });
    expect((await sandbox.run('cat', ['--', path])).stdout).toBe(`content of ${name}`);
    const { body } = await sandbox.list(folder);
    expect(body.entries.map((entry: { name: string }) => entry.name).sort()).toEqual(['bystander', name].sort());
    expect(body.output.trimEnd().split('\n')).toHaveLength(3);
    expect((await sandbox.remove(path)).status).toBe(204);
    expect((await sandbox.list(folder)).body.entries).toHaveLength(1);
    expect((await sandbox.read(`${folder}/bystander`)).body.content).toBe('untouched');
    expect((await sandbox.list('/tmp')).body.output).not.toContain('pwned');
  });

  it('writes and reads empty content, and megabytes', async () => {
    expect((await sandbox.write('/tmp/empty', '')).status).toBe(200);
    expect((await sandbox.read('/tmp/empty')).body.content).toBe('');
    const big = 'ab\r\n🌊'.repeat(500_000);
    expect((await sandbox.write('/tmp/big', big)).status).toBe(200);
    expect((await sandbox.read('/tmp/big')).body.content).toBe(big);
  });

  it('takes a relative path from the working directory of the image', async () => {
    await sandbox.write('relative.txt', 'here');
    expect((await sandbox.read('/relative.txt')).body.content).toBe('here');
  });

  it.each([
    ['a missing file', 'GET', '/no/such', 404, 'NOT_FOUND'],
    ['a directory', 'GET', '/tmp', 400, 'BAD_REQUEST'],
    ['a device', 'GET', '/dev/zero', 400, 'BAD_REQUEST'],
    ['a missing file', 'DELETE', '/no/such', 404, 'NOT_FOUND'],
    ['the root', 'DELETE', '/', 400, 'BAD_REQUEST'],
    ['a file under /proc', 'PUT', '/proc/sys/kernel/hostname', 403, 'FORBIDDEN'],
    ['a directory', 'PUT', '/tmp', 400, 'BAD_REQUEST'],
    ['a name that is too long', 'PUT', `/tmp/${'y'.repeat(256)}`, 400, 'BAD_REQUEST'],
    ['a path through a file', 'PUT', '/etc/passwd/x', 400, 'BAD_REQUEST'],
    ['NUL', 'GET', '/tmp/a\0b', 400, 'BAD_REQUEST'],
  ])('refuses %s (%s %s) with %i', async (_what, method, path, status, code) => {
    const answer = await service.call(
      method,
      `${sandbox.path}/files?path=${encodeURIComponent(path)}`,
      method === 'PUT' ? { content: 'x' } : undefined,
    );
    expect(answer).toMatchObject({ status, body: { code, message: expect.any(String) } });
  });

  it('wants a path', async () => {
    expect(await service.get(`${sandbox.path}/files`)).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST', message: expect.stringContaining('path') },
    });
    expect((await service.get(`${sandbox.path}/files/list`)).body).toMatchObject({
      path: '/',
      output: expect.stringContaining(' tmp'),
    });
  });

  it('answers what is not UTF-8 with 406, and reads /proc by content', async () => {
    await sandbox.sh(`printf '\\377\\376' >/tmp/binary`);
    expect(await sandbox.read('/tmp/binary')).toMatchObject({ status: 406, body: { code: 'NOT_ACCEPTABLE' } });
    expect((await sandbox.read('/proc/self/status')).body.content).toContain('Name:');
  });

  it('answers a path that is not UTF-8 with 400', async () => {
    expect(await service.get(`${sandbox.path}/files?path=/tmp/%ff`)).toMatchObject({
      status: 400,
      body: { code: 'BAD_REQUEST' },
    });
  });
});
