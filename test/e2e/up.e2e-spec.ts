import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { engineHost } from './support/service.js';

const UP = resolve(import.meta.dirname, '../../bin/up');
const RUN_MS = 120_000;

interface Run {
  code: number;
  output: string;
}

let dataDir: string;
let port: number;

/** bin/up as a person would start it, from another folder, on the test's engine, data directory and port. */
function up(args: string[] = [], env: Record<string, string> = {}): Promise<Run> {
  const { PATH, HOME, TMPDIR = '/tmp' } = process.env;
  const variables = {
    PATH,
    HOME,
    TMPDIR,
    DOCKER_HOST: engineHost(),
    ATOLL_DATA_DIR: dataDir,
    PORT: String(port),
    ...env,
  };
  const { promise, resolve: answer } = Promise.withResolvers<Run>();
  execFile('bash', [UP, ...args], { cwd: '/', env: variables, timeout: RUN_MS }, (error, stdout, stderr) =>
    answer({ code: error ? Number(error.code ?? 1) : 0, output: stdout + stderr }),
  );
  return promise;
}

const key = async () => (await readFile(join(dataDir, 'api-key'), 'utf8')).trim();
const pid = async () => Number(await readFile(join(dataDir, 'service.pid'), 'utf8'));
const url = (path: string) => `http://127.0.0.1:${port}${path}`;

async function api(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
  const headers: Record<string, string> = { authorization: `Bearer ${await key()}` };
  if (body) headers['content-type'] = 'application/json';
  const response = await fetch(url(path), { method, headers, body: body ? JSON.stringify(body) : undefined });
  return { status: response.status, body: await response.text() };
}

function alive(process_: number): boolean {
  try {
    return process.kill(process_, 0);
  } catch {
    return false;
  }
}

async function listening(): Promise<{ port: number; close: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe('bin/up', () => {
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'up-'));
    const free = await listening();
    port = free.port;
    free.close();
  });

  afterAll(async () => {
    await up(['--stop']);
    await rm(dataDir, { recursive: true, force: true });
  }, RUN_MS);

  it('builds, starts the service and does the main job on screen', { timeout: RUN_MS }, async () => {
    const { code, output } = await up();
    expect(output).toContain('hello from a sandbox');
    expect(output).toMatch(/POST \/v1\/sandboxes .*\n.*"id".*\n {2}201 in [\d.]+ ms/);
    expect(output).toMatch(/DELETE \/v1\/sandboxes\/\S+ *\n {2}204 in [\d.]+ ms/);
    expect(output).toContain(url('/docs'));
    expect(output).toContain(await key());
    // Not a terminal: no colours.
    expect(output).not.toContain('\u001b');
    expect(code).toBe(0);
  });

  it('leaves the service running, with its key in a file that is nobody else’s', async () => {
    expect((await api('GET', '/v1/health')).status).toBe(200);
    expect((await api('GET', '/v1/sandboxes')).body).toBe('{"sandboxes":[]}');
    expect((await stat(join(dataDir, 'api-key'))).mode & 0o777).toBe(0o600);
    expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
  });

  it('finds the running service the second time', { timeout: RUN_MS }, async () => {
    const [before, keyBefore] = [await pid(), await key()];
    const { code, output } = await up([], { PORT: '' });
    expect(output).toContain(`running already: pid ${before}, ${url('')}`);
    expect(code).toBe(0);
    expect(await pid()).toBe(before);
    expect(await key()).toBe(keyBefore);
  });

  it('starts it again when it was killed, with all that it knew', { timeout: RUN_MS }, async () => {
    const before = await pid();
    const image = 'atoll-test/busybox:1';
    const { id } = JSON.parse((await api('POST', '/v1/sandboxes', { image })).body) as { id: string };
    process.kill(before, 'SIGKILL');
    const { code } = await up();
    expect(code).toBe(0);
    expect(await pid()).not.toBe(before);
    const { body } = await api('GET', `/v1/sandboxes/${id}`);
    expect(JSON.parse(body)).toMatchObject({ id, status: 'running', running: true });
    expect((await api('DELETE', `/v1/sandboxes/${id}`)).status).toBe(204);
  });

  it('names PORT when another program listens there', { timeout: RUN_MS }, async () => {
    const other = await listening();
    const elsewhere = await mkdtemp(join(tmpdir(), 'up-'));
    try {
      const { code, output } = await up(['--port', String(other.port)], { ATOLL_DATA_DIR: elsewhere });
      expect(output).toContain(`Port ${other.port} is in use`);
      expect(output).toContain(`PORT=${other.port + 1} bin/up`);
      expect(code).toBe(1);
    } finally {
      other.close();
      await rm(elsewhere, { recursive: true, force: true });
    }
  });

  it.each([
    [['--port', 'x'], {}, 'PORT must be a number from 1 to 65535'],
    [['--wrong'], {}, 'bin/up knows no --wrong'],
    [[], { DOCKER_HOST: 'unix:///nowhere.sock' }, 'no engine answers there'],
    [[], { ATOLL_NO_SUCH_THING: '1' }, 'ATOLL_NO_SUCH_THING'],
  ])('says what is wrong: %j %j', { timeout: RUN_MS }, async (args, env, sentence) => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'up-'));
    const free = await listening();
    free.close();
    const { code, output } = await up(args, { ATOLL_DATA_DIR: elsewhere, PORT: String(free.port), ...env });
    await rm(elsewhere, { recursive: true, force: true });
    expect(output).toContain(sentence);
    expect(code).toBe(1);
  });

  it('names bin/doctor where it could not be done, and explains itself', { timeout: RUN_MS }, async () => {
    const { output } = await up([], { DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(output).toMatch(/no engine answers there.*\n.*unset DOCKER_HOST.*\nbin\/doctor looks at this machine/);
    const help = await up(['--help'], { ATOLL_DATA_DIR: '/nowhere/to/be/made' });
    expect(help).toEqual({ code: 0, output: expect.stringMatching(/^bin\/up \[--port N\] [^]*bin\/doctor/) });
  });

  it('stops what it started, and does not mind when nothing runs', { timeout: RUN_MS }, async () => {
    const before = await pid();
    expect(await up(['--stop'])).toMatchObject({ code: 0, output: expect.stringContaining(`pid ${before}`) });
    expect(alive(before)).toBe(false);
    expect(await up(['--stop'])).toMatchObject({ code: 0, output: expect.stringContaining('does not run') });
  });
});
