import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { AGENT_FOLDER } from '../../../src/engine/docker/container-options.js';
import { LockHolder } from '../../../src/engine/docker/lock-holder.js';
import { LABEL } from '../../../src/engine/labels.js';
import type { ContainerSpec } from '../../../src/engine/types.js';
import { BUSYBOX, cleanUp, openSide, randomName, rawDocker, spec, type Side } from './support.js';

const raw = rawDocker();
const volume = randomName('atoll-test-volume');
const volumes = new Set([volume]);
let side: Side;
let image: string;

beforeAll(async () => {
  side = await openSide();
  image = (await side.images.inspect(BUSYBOX))!.id;
});

afterAll(async () => {
  await cleanUp(raw, [side.instance], [...volumes]);
  await side.close();
});

const run = async (changes: Partial<ContainerSpec> = {}) => {
  const made = spec(image, volume, changes);
  await side.containers.create(made);
  await side.containers.start(made.name);
  return made.name;
};
const say = async (name: string, ...command: string[]) => text(await side.host.openExec(name, command, {}));
/** A static binary of its own content. */
const binary = async () => Buffer.concat([await readFile('/bin/busybox'), randomBytes(16)]);
/** Containers that fill a volume of ours: others may be at theirs. */
const agents = async () => {
  const found = await raw.listContainers({ all: true, filters: { label: [`${LABEL.role}=agent`] } });
  return found.flatMap((one) => one.Names).filter((name) => [...volumes].some((volume) => name.includes(volume)));
};

describe('the engine', () => {
  it('answers and describes itself', async () => {
    await side.host.ping();
    const description = await side.host.describe();
    const info = (await raw.info()) as { ID: string; ServerVersion: string };
    expect(description).toMatchObject({ id: info.ID, version: info.ServerVersion });
    expect(description.architecture).toMatch(/^(amd64|arm64)$/);
    expect([1, 2]).toContain(description.cgroupVersion);
    expect(description.missingLimits).toEqual([]);
  });
});

describe('images', () => {
  it('are listed, and found by id, short id and reference', async () => {
    const listed = (await side.images.list()).find((one) => one.tags.includes(BUSYBOX))!;
    expect(listed.size).toBeGreaterThan(100_000);
    for (const reference of [listed.id, listed.id.slice('sha256:'.length, 19), BUSYBOX, `docker.io/${BUSYBOX}`]) {
      const found = (await side.images.inspect(reference))!;
      expect(found).toMatchObject({ id: listed.id, os: 'linux', config: { workingDir: '/', user: '' } });
      expect(found.tags).toContain(BUSYBOX);
      expect(new Date(found.created).getFullYear()).toBeGreaterThan(2000);
    }
  });

  it('are not there under what is no reference', async () => {
    for (const text of [
      'nope:1',
      'UPPER',
      '',
      '..',
      '../containers',
      'a//b',
      'a/../b',
      'a b',
      'a?b',
      `a#b`,
      'f'.repeat(64),
    ]) {
      expect(await side.images.inspect(text)).toBeUndefined();
    }
  });

  it('have no tags when untagged, and leave out our own', async () => {
    const tag = `atoll-test/${randomName('untagged')}:1`;
    const made = spec(image, volume);
    await side.containers.create(made);
    const committed = (await raw.getContainer(made.name).commit({ _query: { container: made.name }, _body: {} })) as {
      Id: string;
    };
    const tiny = await side.host.ensureTinyImage();
    const listed = await side.images.list();
    expect(listed.find((one) => one.id === committed.Id)).toMatchObject({ tags: [] });
    expect(listed.map((one) => one.id)).not.toContain(tiny);
    expect(await side.images.inspect(tag)).toBeUndefined();
    await raw.getImage(committed.Id).remove();
  });
});

describe('the network', () => {
  it('is one for all, without talk between containers', async () => {
    const twin = await openSide();
    await Promise.all([side, twin, side, twin].map((one) => one.host.ensureNetwork()));
    const found = await raw.listNetworks({ filters: { name: ['atoll-sandboxes'] } });
    expect(found).toHaveLength(1);
    expect(found[0].Labels).toEqual({ [LABEL.role]: 'network' });
    expect(found[0].Options).toMatchObject({ 'com.docker.network.bridge.enable_icc': 'false' });
    const server = await run({ command: ['/bin/nc', '-ll', '-p', '7000', '-e', '/bin/echo', 'hello'] });
    const client = await run();
    const networks = (await raw.getContainer(server).inspect()).NetworkSettings.Networks;
    const address = networks['atoll-sandboxes'].IPAddress;
    expect(address).toMatch(/^\d+\./);
    expect(await say(server, '/bin/nc', '-w', '2', address, '7000')).toBe('hello\n');
    const command = `/bin/nc -w 2 ${address} 7000 2>/dev/null; echo over`;
    expect(await say(client, '/bin/sh', '-c', command)).toBe('over\n');
    await twin.close();
  });

  it('is made again when somebody removed it', async () => {
    const one = await openSide();
    try {
      await cleanUp(raw, [side.instance]); // what is attached holds it
      const made = spec(image, volume);
      await one.containers.create(made);
      await raw.getNetwork('atoll-sandboxes').remove();
      await one.containers.start(made.name);
      expect((await one.containers.inspect(made.name))?.status).toBe('running');
    } finally {
      await cleanUp(raw, [one.instance]);
      await one.close();
    }
  });
});

describe('the tiny image', () => {
  it('is the same for all, at once too', async () => {
    const twin = await openSide();
    const ids = await Promise.all([side, twin, side].map((one) => one.host.ensureTinyImage()));
    expect(new Set(ids).size).toBe(1);
    expect(ids[0]).toMatch(/^sha256:/);
    await twin.close();
  });
});

/** What a volume of this content is called. */
const volumeOf = (content: Buffer) => {
  const name = `atoll-agent-${createHash('sha256').update('bin/agent run/').update(content).digest('hex').slice(0, 16)}`;
  volumes.add(name);
  return name;
};

describe('the agent volume', () => {
  const AGENT = `${AGENT_FOLDER}/bin/agent`;
  const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');
  // Started by a name that is none of its applets, busybox says so.
  const start = async (agentVolume: string) => {
    const name = await run({ agentVolume, command: [AGENT, 'x'] });
    const output = async () => String(await raw.getContainer(name).logs({ stdout: true, stderr: true }));
    await expect.poll(output).toContain('applet not found');
  };

  it('holds the binary, executable, for many who ask at once', async () => {
    const content = await binary();
    const volume = volumeOf(content);
    const twin = await openSide();
    const names = await Promise.all([side, twin, side, twin].map((one) => one.host.ensureAgentVolume(content)));
    expect(new Set(names)).toEqual(new Set([volume]));
    await start(volume);
    const holder = await run({ agentVolume: volume });
    expect(await say(holder, '/bin/sha256sum', AGENT)).toContain(sha256(content));
    expect(await say(holder, '/bin/stat', '-c', '%a %u %g', AGENT)).toBe('755 0 0\n');
    expect((await raw.getVolume(volume).inspect()).Labels).toMatchObject({ [LABEL.role]: 'agent' });
    // A good one is not written again: a program may be running from it.
    const inode = () => say(holder, '/bin/stat', '-c', '%i %Z', AGENT);
    const before = await inode();
    await twin.host.ensureAgentVolume(content);
    expect(await inode()).toBe(before);
    expect(await agents()).toEqual([]);
    await twin.close();
  });

  it('is mended when it holds half a binary', async () => {
    const content = await binary();
    const volume = volumeOf(content);
    // What a crash in mid-fill leaves.
    const filler = await raw.createContainer({
      Image: image,
      HostConfig: { Binds: [`${volume}:/x`] },
      Cmd: ['/bin/sh', '-c', 'mkdir /x/bin; echo half >/x/bin/agent'],
    });
    await filler.start();
    await filler.wait();
    await filler.remove();
    expect(await side.host.ensureAgentVolume(content)).toBe(volume);
    await start(volume);
  });

  it('waits for another who fills it', async () => {
    const content = await binary();
    const volume = volumeOf(content);
    const lock = { name: `${volume}-fill`, Image: image, Cmd: ['x'], Labels: { [LABEL.role]: 'agent' } };
    const holder = await raw.createContainer(lock);
    let done = false;
    const filled = side.host.ensureAgentVolume(content).then(() => (done = true));
    await delay(600);
    expect(done).toBe(false);
    await holder.remove();
    await filled;
    const again = await raw.createContainer(lock);
    try {
      await expect(side.host.ensureAgentVolume(content, AbortSignal.timeout(300))).rejects.toMatchObject({
        kind: 'aborted',
      });
    } finally {
      await again.remove();
    }
  });

  it('does not wait for a service of another data directory that was killed over it', async () => {
    const content = await binary();
    const name = `${volumeOf(content)}-fill`;
    const child = spawn('sleep', ['1000']);
    await once(child, 'spawn');
    const [, boot, namespace] = new LockHolder(['any']).label.split('.');
    const start = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1].split(' ')[19];
    const Labels = { [LABEL.role]: 'agent', [LABEL.holder]: `theirs.${boot}.${namespace}.${child.pid}.${start}` };
    await raw.createContainer({ name, Image: image, Cmd: ['x'], Labels });
    const filled = side.host.ensureAgentVolume(content);
    await delay(600);
    expect((await raw.getContainer(name).inspect()).Config.Labels).toMatchObject(Labels); // it lives
    child.kill('SIGKILL');
    const from = Date.now();
    await filled;
    expect(Date.now() - from).toBeLessThan(5000);
  });

  it('goes when another build is in use, and nobody mounts it', async () => {
    const [kept, used, old] = [await binary(), await binary(), await binary()];
    const names = [];
    for (const content of [kept, used, old]) names.push(await side.host.ensureAgentVolume(content));
    const foreign = randomName('atoll-agent-mine');
    volumes.add(foreign);
    await raw.createVolume({ Name: foreign, Labels: { [LABEL.role]: 'agent' } });
    await side.containers.create(spec(image, names[1])); // never started
    const removed = await side.host.removeOtherAgentVolumes(names[0]);
    expect(removed).toContain(names[2]);
    for (const name of [names[0], names[1], foreign]) {
      expect(removed).not.toContain(name);
      await expect(raw.getVolume(name).inspect()).resolves.toBeTruthy();
    }
    await start(names[2]); // whoever still wants it gets it
  });

  it('is filled again when somebody removed it', async () => {
    const content = await binary();
    const volume = volumeOf(content);
    await side.host.ensureAgentVolume(content);
    await raw.getVolume(volume).remove();
    await start(volume);
    expect(await agents()).toEqual([]);
  });
});
