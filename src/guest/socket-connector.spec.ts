import { once } from 'node:events';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { IDENTITY, PEER, proveAsAgent, readLine } from '../../test/support/fake-agent.js';
import { tempFolder } from '../../test/support/temp-folder.js';
import type { ProvenStream } from './connector.js';
import { RunFolder } from './run-folder.js';
import { SocketConnector } from './socket-connector.js';

const temp = await tempFolder();
const opened: SocketConnector[] = [];
const dialled: Socket[] = [];
afterEach(async () => {
  dialled.splice(0).forEach((socket) => socket.destroy());
  await Promise.all(opened.splice(0).map((connector) => connector.close()));
});

let count = 0;
async function listen(folder = new RunFolder(temp, `sb_${++count}`)) {
  const connector = new SocketConnector(folder, IDENTITY);
  const proven: ProvenStream[] = [];
  await connector.open((one) => proven.push(one));
  opened.push(connector);
  return { connector, folder, proven };
}

/** Through the folder itself, as the agent does from inside: its own path there is short. */
async function dial(folder: RunFolder): Promise<Socket> {
  const before = process.cwd();
  process.chdir(folder.path);
  const socket = connect('agent.sock').on('error', () => undefined);
  process.chdir(before);
  dialled.push(socket);
  await once(socket, 'connect');
  return socket;
}

it('offers who has proven the secret, once', async () => {
  const { folder, proven } = await listen();
  const agent = await dial(folder);
  expect(proven).toEqual([]);
  await proveAsAgent(agent);
  await expect.poll(() => proven.map(({ peer }) => peer)).toEqual([PEER]);
  expect(proven[0].stream.destroyed).toBe(false);
});

it('refuses who has not, and goes on listening', async () => {
  const { folder, proven } = await listen();
  const impostor = await dial(folder);
  await expect(proveAsAgent(impostor, { ...IDENTITY, secret: '00'.repeat(32) })).rejects.toThrow();
  await proveAsAgent(await dial(folder));
  await expect.poll(() => proven.length).toBe(1);
});

it('lets everybody in the sandbox knock, in a folder that everybody may enter', async () => {
  const { folder } = await listen();
  expect((await stat(folder.path)).mode & 0o777).toBe(0o755);
  expect((await stat(join(folder.path, 'agent.sock'))).mode & 0o777).toBe(0o666);
});

it('lets the agent in while a hundred others say nothing', async () => {
  const { folder, proven } = await listen();
  const silent = await Promise.all(Array.from({ length: 100 }, () => dial(folder)));
  await proveAsAgent(await dial(folder));
  await expect.poll(() => proven.length).toBe(1);
  await expect.poll(() => silent.filter((socket) => !socket.resume().destroyed).length).toBeLessThanOrEqual(8);
});

it('is reached through a data directory of whatever depth', async () => {
  const deep = join(temp, 'd'.repeat(100), 'e'.repeat(100));
  await mkdir(deep, { recursive: true });
  const folder = new RunFolder(deep, 'sb_deep');
  expect(join(folder.path, 'agent.sock').length).toBeGreaterThan(107);
  const descriptors = () => readdir('/proc/self/fd').then((all) => all.length);
  const before = await descriptors();
  const { connector, proven } = await listen(folder);
  await proveAsAgent(await dial(folder));
  await expect.poll(() => proven.length).toBe(1);
  expect((await stat(join(folder.path, 'agent.sock'))).isSocket()).toBe(true);

  await connector.close();
  proven[0].stream.destroy();
  dialled.splice(0).forEach((socket) => socket.destroy());
  await expect.poll(descriptors).toBe(before);
});

it('clears the socket of a killed service away, in the folder that is mounted', async () => {
  const folder = new RunFolder(temp, 'sb_stale');
  await mkdir(folder.path, { recursive: true });
  const script = `import('node:net').then((n) => n.createServer().listen(process.argv[1], () => process.send('up')))`;
  const killed = fork('-e', [script, join(folder.path, 'agent.sock')], { execArgv: [], execPath: process.execPath });
  await once(killed, 'message');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const inode = (await stat(folder.path)).ino;

  const { proven } = await listen(folder);
  expect((await stat(folder.path)).ino).toBe(inode);
  await proveAsAgent(await dial(folder));
  await expect.poll(() => proven.length).toBe(1);
});

it('opens again after it was closed, in the folder that a stopped container will mount again', async () => {
  const { connector, folder } = await listen();
  const half = await dial(folder);
  await connector.close();
  await expect(readLine(half)).rejects.toThrow('ended');
  expect(await readdir(folder.path)).toEqual([]);
  const again = await listen(folder);
  await proveAsAgent(await dial(folder));
  await expect.poll(() => again.proven.length).toBe(1);
});

it('leaves a session alone when it is closed: that is its guest’s business', async () => {
  const { connector, folder, proven } = await listen();
  await proveAsAgent(await dial(folder));
  await expect.poll(() => proven.length).toBe(1);
  await connector.close();
  await sleep(20);
  expect(proven[0].stream.destroyed).toBe(false);
});

it('closes what never was opened', async () => {
  const folder = new RunFolder(temp, 'sb_never');
  await expect(new SocketConnector(folder, IDENTITY).close()).resolves.toBeUndefined();
});
