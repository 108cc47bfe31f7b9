import type { FastifyReply, FastifyRequest } from 'fastify';
import { once } from 'node:events';
import type { ServerHttp2Stream } from 'node:http2';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guestOf } from '../../test/support/fake-guest.js';
import { Leaving } from '../common/leaving/leaving.js';
import type { Config } from '../config/config.js';
import { AgentFiles } from '../guest/agent-files.js';
import { FileStreams } from '../guest/file-streams.js';
import type { FileWatch } from '../guest/file-watch.js';
import type { SandboxAccess } from '../sandboxes/sandbox-access.js';
import type { FileBytesService } from './file-bytes.service.js';
import type { FileChangesService } from './file-changes.service.js';
import { FileSearchController } from './file-search.controller.js';
import { FileSearchService } from './file-search.service.js';
import { FileTreesService } from './file-trees.service.js';
import { FilesController } from './files.controller.js';
import type { FilesService } from './files.service.js';

const config = {
  agent: { callTimeoutMs: 5000 },
  files: { maxListEntries: 50, maxRawBytes: 1e6, maxArchiveBytes: 1e6, maxArchiveEntries: 10, timeoutMs: 60_000 },
} as Config;

type Call = (request: IncomingMessage, reply: FastifyReply, sandboxes: SandboxAccess) => Promise<unknown>;

const search: Call = (_request, reply, sandboxes) => {
  const service = new FileSearchService(sandboxes, new AgentFiles(config), {} as FileWatch, config, new Leaving());
  return new FileSearchController(service).search('sb', { path: '/', name: '*' }, reply);
};

const unpack: Call = (request, reply, sandboxes) => {
  const trees = new FileTreesService(sandboxes, new FileStreams(config), config);
  const none = {} as FilesService & FileBytesService & FileChangesService;
  const asked = { headers: request.headers, body: request } as unknown as FastifyRequest;
  return new FilesController(none, none, trees, none).write('sb', { path: '/x' }, asked, reply);
};

it.each([
  ['a search', 'GET', search],
  ['an archive that has arrived', 'PUT', unpack],
])('the agent is told to stop %s when nobody waits for it any more', async (_what, method, call) => {
  const asked = Promise.withResolvers<ServerHttp2Stream>();
  const guest = await guestOf((stream, path) => {
    if (path === '/health') stream.end('{}');
    else stream.resume().on('end', () => asked.resolve(stream)); // it works for long
  });
  const running = () => Promise.resolve({ row: { guest: { workingDir: '/', user: '' } }, guest });
  const outcome = Promise.withResolvers<unknown>();
  const server = createServer((request, raw: ServerResponse) => {
    call(request, { raw } as FastifyReply, { running } as unknown as SandboxAccess).catch(outcome.resolve);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const headers = method === 'PUT' ? { 'content-type': 'application/x-tar' } : {};
  const client = httpRequest({ port, method, headers }).on('error', () => undefined);
  client.end(method === 'PUT' ? 'all of it' : undefined);
  const stream = await asked.promise;
  const closed = once(stream, 'close');
  client.destroy();
  await closed;
  expect(await outcome.promise).toMatchObject({ code: 'TIMEOUT', message: 'the client went away' });
  server.close();
});
