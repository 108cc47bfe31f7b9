import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { EngineError } from '../../../src/engine/errors.js';
import { openSide, spec, type Side } from './support.js';

/** Engines that are in trouble: no real one is needed. */
let folder: string;
const open: Side[] = [];
const servers: net.Server[] = [];
const sockets = new Set<net.Socket>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-'));
});

afterEach(async () => {
  for (const side of open.splice(0)) await side.close();
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function side(host: string, timeoutMs = 400): Promise<Side> {
  const one = await openSide({ host, timeoutMs });
  open.push(one);
  return one;
}

/** An engine that does this with every connection. */
async function engine(server: net.Server): Promise<string> {
  const path = join(folder, 's');
  servers.push(server.on('connection', (socket: net.Socket) => sockets.add(socket.on('error', () => undefined))));
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return `unix://${path}`;
}

const calls = (one: Side, signal?: AbortSignal): [string, () => Promise<unknown>][] => [
  ['ping', () => one.host.ping(signal)],
  ['describe', () => one.host.describe(signal)],
  ['network', () => one.host.ensureNetwork(signal)],
  ['agent volume', () => one.host.ensureAgentVolume(Buffer.from('x'), signal)],
  ['tiny image', () => one.host.ensureTinyImage(signal)],
  ['exec', () => one.host.openExec('name', ['/x'], {}, signal)],
  ['create', () => one.containers.create(spec('sha256:1', 'v'), signal)],
  ['start', () => one.containers.start('name', signal)],
  ['stop', () => one.containers.stop('name', 0, signal)],
  ['pause', () => one.containers.pause('name', signal)],
  ['unpause', () => one.containers.unpause('name', signal)],
  ['remove', () => one.containers.remove('name', signal)],
  ['inspect', () => one.containers.inspect('name', signal)],
  ['list', () => one.containers.list(signal)],
  ['events', () => one.containers.events(signal ?? new AbortController().signal)],
  ['images', () => one.images.list(signal)],
  ['image', () => one.images.inspect('name', signal)],
  ['image users', () => one.images.usersOf('sha256:1', signal)],
  ['image removal', () => one.images.remove('name', false, signal)],
];

async function kinds(one: Side, signal?: AbortSignal): Promise<Record<string, string>> {
  const entries = calls(one, signal).map(async ([name, call]) => {
    const kind = await call().then(
      () => 'fine',
      (error: EngineError) => error.kind ?? String(error),
    );
    return [name, kind] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
const all = (kind: string, but: Record<string, string> = {}) => ({
  ...Object.fromEntries(calls(undefined as never).map(([name]) => [name, kind])),
  ...but,
});

it('one that is not there is unavailable', async () => {
  expect(await kinds(await side(`unix://${join(folder, 'nothing')}`))).toEqual(all('unavailable'));
});

it('one that refuses is unavailable, by a socket and by a port', async () => {
  await writeFile(join(folder, 'file'), '');
  expect(await kinds(await side(`unix://${join(folder, 'file')}`))).toEqual(all('unavailable'));
  expect(await kinds(await side('tcp://127.0.0.1:1'))).toEqual(all('unavailable'));
});

it('one that hangs up is unavailable', async () => {
  const host = await engine(net.createServer((socket) => socket.destroy()));
  expect(await kinds(await side(host))).toEqual(all('unavailable'));
});

it('one that accepts and never answers ends every call at its deadline', async () => {
  const one = await side(await engine(net.createServer()));
  const from = Date.now();
  expect(await kinds(one)).toEqual(all('timeout', { ping: 'unavailable' }));
  expect(Date.now() - from).toBeLessThan(4000);
});

it('one that stops in the middle of an answer ends every call at its deadline, or says that it broke', async () => {
  const half = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half":';
  for (const end of [false, true]) {
    const server = net.createServer((socket) => {
      socket.once('data', () => (end ? socket.end(half) : socket.write(half)));
    });
    const found = await kinds(await side(await engine(server)));
    delete found.events; // whose answer has no end
    for (const kind of Object.values(found)) expect(['timeout', 'unavailable', 'internal']).toContain(kind);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => servers.splice(0)[0].close(resolve));
  }
});

it('gives up at the signal at once', async () => {
  const one = await side(await engine(net.createServer()), 60_000);
  const from = Date.now();
  expect(await kinds(one, AbortSignal.timeout(200))).toEqual(all('aborted', { network: expect.anything() as never }));
  expect(Date.now() - from).toBeLessThan(1500);
});

it('tells what an engine answers from each other, and keeps its words to itself', async () => {
  const answers: [number, string, string][] = [
    [500, 'write /var/lib/x: no space left on device', 'no_space'],
    [500, 'disk quota exceeded', 'no_space'],
    [500, 'a bug at /host/path', 'internal'],
    [503, 'shutting down', 'unavailable'],
    [500, 'dial unix:///run/containerd/containerd.sock: connect: connection refused', 'unavailable'],
    [400, 'bad thing at /host/path', 'invalid'],
    [409, 'busy', 'conflict'],
  ];
  let next: [number, string, string] = answers[0];
  const server = http.createServer((_, response) => {
    response.writeHead(next[0], { 'content-type': 'application/json' }).end(JSON.stringify({ message: next[1] }));
  });
  const one = await side(await engine(server));
  for (const answer of answers) {
    next = answer;
    const error = (await one.containers.list().catch((e: unknown) => e)) as EngineError;
    expect(error.kind).toBe(answer[2]);
    expect(error.message).not.toContain(answer[1]);
    expect(String(error.cause)).toContain(answer[1]);
  }
});

it('hides that an idle connection was closed by an engine that started again', async () => {
  const uses = new Map<net.Socket, number>();
  const server = http.createServer((request, response) => {
    const used = (uses.get(request.socket) ?? 0) + 1;
    uses.set(request.socket, used);
    if (used > 1) request.socket.destroy();
    else response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const one = await side(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`);
  for (let i = 0; i < 6; i++) expect(await one.containers.list()).toEqual([]);
});

it('throws unavailable from events when the stream breaks, and ends at the signal', async () => {
  const event = { Action: 'start', Actor: { Attributes: { name: 'x', 'dev.atoll.instance': 'i' } }, timeNano: 5e9 };
  const line = `${JSON.stringify(event)}\n`;
  const live: http.ServerResponse[] = [];
  const server = http.createServer((_, response) => {
    response.writeHead(200).write(line.slice(0, 20));
    live.push(response);
    setTimeout(() => response.write(line.slice(20)), 50);
  });
  const one = await side(await engine(server));
  for (const finish of ['end', 'destroy'] as const) {
    const seen: unknown[] = [];
    const work = (async () => {
      for await (const each of await one.containers.events(new AbortController().signal)) {
        seen.push(each);
        live.at(-1)![finish]();
      }
    })();
    await expect(work).rejects.toMatchObject({ kind: 'unavailable' });
    expect(seen).toEqual([{ name: 'x', labels: { 'dev.atoll.instance': 'i' }, type: 'start', at: 5000 }]);
  }
  const controller = new AbortController();
  for await (const _ of await one.containers.events(controller.signal)) controller.abort();
});

it('takes frames that are split anywhere', async () => {
  const frame = (stream: number, data: string) => {
    const header = Buffer.alloc(8);
    header[0] = stream;
    header.writeUInt32BE(data.length, 4);
    return Buffer.concat([header, Buffer.from(data)]);
  };
  const bytes = Buffer.concat([frame(1, 'one '), frame(2, 'no'), frame(1, ''), frame(1, 'two '), frame(1, 'three')]);
  for (const size of [1, 3, 7, 8, 9, 100]) {
    const server = http.createServer((request, response) => {
      if (request.url!.endsWith('/json')) return fakeContainer(response);
      response.writeHead(201, { 'content-type': 'application/json' }).end('{"Id":"e"}');
    });
    server.on('upgrade', (_, socket: net.Socket) => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n');
      void (async () => {
        for (let at = 0; at < bytes.length; at += size) {
          socket.write(bytes.subarray(at, at + size));
          await new Promise(setImmediate);
        }
        socket.end();
      })();
    });
    const one = await side(await engine(server));
    const fakeContainer = (response: http.ServerResponse) => {
      const info = { Id: 'i', Name: '/name', Config: { Labels: { 'dev.atoll.instance': one.instance } } };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(info));
    };
    expect(await text(await one.host.openExec('name', ['/x'], {}))).toBe('one two three');
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => servers.splice(0)[0].close(resolve));
  }
});

it('refuses an address that it can not speak to', async () => {
  await expect(openSide({ host: 'ssh://user@host' })).rejects.toThrow(/DOCKER_HOST/);
});
