import { setTimeout as delay } from 'node:timers/promises';
import { LABEL } from '../../../src/engine/labels.js';
import { useSides } from './sides.js';
import { LIMITS, openSide, randomName, type Side } from './support.js';

const { raw, there, make, run, kind, status } = useSides();
let side: Side;
let other: Side;
let image: string;
beforeAll(() => void ({ side, other, image } = there));

describe('start, stop, pause, unpause, remove', () => {
  it('go through the states', async () => {
    const name = await make({ ports: ['3000/tcp'] });
    const created = (await side.containers.inspect(name))!;
    expect(created).toMatchObject({ name, status: 'created', oomKilled: false, portMap: {} });
    expect([created.startedAt, created.finishedAt, created.exitCode]).toEqual([undefined, undefined, undefined]);

    await side.containers.start(name);
    await side.containers.start(name);
    const running = (await side.containers.inspect(name))!;
    expect(running).toMatchObject({ status: 'running', portMap: { '3000/tcp': expect.stringMatching(/^\d+$/) } });
    expect(Math.abs(running.startedAt!.getTime() - Date.now())).toBeLessThan(20_000);
    expect([running.finishedAt, running.exitCode]).toEqual([undefined, undefined]);
    const { NetworkSettings: settings } = await raw.getContainer(name).inspect();
    expect(settings.Ports['3000/tcp'].map((binding) => binding.HostIp)).toEqual(['127.0.0.1']);

    await side.containers.pause(name);
    expect(await status(name)).toBe('paused');
    expect(await kind(side.containers.pause(name))).toBe('conflict');
    expect(await kind(side.containers.start(name))).toBe('conflict');
    await side.containers.unpause(name);
    expect(await status(name)).toBe('running');
    expect(await kind(side.containers.unpause(name))).toBe('conflict');

    await side.containers.stop(name, 5);
    await side.containers.stop(name, 5);
    const stopped = (await side.containers.inspect(name))!;
    expect(stopped).toMatchObject({ status: 'exited', exitCode: 3, oomKilled: false, portMap: {} });
    expect(stopped.finishedAt!.getTime()).toBeGreaterThanOrEqual(stopped.startedAt!.getTime());
    expect(await kind(side.containers.pause(name))).toBe('conflict');

    await side.containers.start(name);
    expect(await status(name)).toBe('running');
    await side.containers.remove(name);
    expect(await side.containers.inspect(name)).toBeUndefined();
    await side.containers.remove(name);
  });

  it('stops a paused one by TERM, in no more than its grace', async () => {
    const name = await run();
    await side.containers.pause(name);
    const from = Date.now();
    await side.containers.stop(name, 10);
    expect(Date.now() - from).toBeLessThan(5000);
    expect(await side.containers.inspect(name)).toMatchObject({ status: 'exited', exitCode: 3 });
  });

  it('kills one that ignores TERM after its grace', async () => {
    const name = await run({ command: ['/bin/sh', '-c', 'trap "" TERM; while :; do /bin/sleep 0.05; done'] });
    await side.containers.stop(name, 1);
    expect(await side.containers.inspect(name)).toMatchObject({ status: 'exited', exitCode: 137 });
  });

  it('removes a paused one, and one that two remove at once', async () => {
    const name = await run();
    await side.containers.pause(name);
    const twin = await openSide({ instance: side.instance });
    await Promise.all([side.containers.remove(name), twin.containers.remove(name)]);
    await twin.close();
    expect(await side.containers.inspect(name)).toBeUndefined();
  });

  it('says that the container is not there', async () => {
    for (const name of [randomName(), '../json', 'a/b', '']) {
      expect(await side.containers.inspect(name)).toBeUndefined();
      expect(await kind(side.containers.start(name))).toBe('no_such_container');
      expect(await kind(side.containers.stop(name, 1))).toBe('no_such_container');
      expect(await kind(side.containers.pause(name))).toBe('no_such_container');
      expect(await kind(side.containers.unpause(name))).toBe('no_such_container');
      await side.containers.remove(name);
    }
  });

  it('finds a container that was made again under its name', async () => {
    const name = await make();
    const twin = await openSide({ instance: side.instance });
    await twin.containers.remove(name);
    await make({ name }, twin);
    await side.containers.start(name);
    expect(await status(name)).toBe('running');
    await twin.close();
  });

  it('counts what it wrote', async () => {
    const write = '/bin/dd if=/dev/urandom of=/big bs=1M count=3; exec /bin/sleep 60';
    const name = await run({ command: ['/bin/sh', '-c', write] });
    await expect.poll(() => side.containers.diskUsage(name)).toBeGreaterThanOrEqual(3 << 20);
    expect(await side.containers.diskUsage(name)).toBeLessThan(4 << 20);
    expect(await kind(other.containers.diskUsage(name))).toBe('no_such_container');
  });

  it('tells that the kernel took it for memory', async () => {
    const limits = { ...LIMITS, memoryBytes: 16 << 20 };
    const name = await run({ limits, command: ['/bin/tail', '/dev/zero'] });
    await expect.poll(() => status(name), { timeout: 20_000 }).toBe('exited');
    expect(await side.containers.inspect(name)).toMatchObject({ oomKilled: true, exitCode: 137 });
  });

  it('does not blame the kernel for what somebody else killed, though it took something before', async () => {
    const limits = { ...LIMITS, memoryBytes: 16 << 20 };
    const hog = ['/bin/sh', '-c', '/bin/tail /dev/zero; echo taken; /bin/sleep 100'];
    const [killed, long] = await Promise.all([run({ limits, command: hog }), run({ limits, command: hog })]);
    const flag = async (name: string) => (await raw.getContainer(name).inspect()).State;
    for (const name of [killed, long])
      await expect
        .poll(async () => String(await raw.getContainer(name).logs({ stdout: true })), { timeout: 20_000 })
        .toContain('taken');
    expect(await side.containers.inspect(long)).toMatchObject({ status: 'running', oomKilled: false });
    await raw.getContainer(killed).kill();
    await delay(5500);
    process.kill((await flag(long)).Pid, 'SIGKILL');
    for (const name of [killed, long]) {
      await expect.poll(() => status(name)).toBe('exited');
      expect(await side.containers.inspect(name)).toMatchObject({ oomKilled: false, exitCode: 137 });
      expect((await flag(name)).OOMKilled).toBe(true);
    }
  });

  it('says that the program is not there', async () => {
    const name = await make({ command: ['/not/there'] });
    expect(['invalid', 'internal']).toContain(await kind(side.containers.start(name)));
    expect(await side.containers.inspect(name)).toMatchObject({ status: 'created' });
  });
});

describe("somebody else's containers", () => {
  it('are not there, whatever is asked for, and stay as they are', async () => {
    const foreign = randomName('foreign');
    const container = await raw.createContainer({
      name: foreign,
      Image: image,
      Entrypoint: ['/bin/sleep', '1000'],
      Labels: { [LABEL.sandbox]: 'sandbox-id' },
    });
    try {
      await container.start();
      const theirs = await run({}, other);
      const { Id: theirId } = await raw.getContainer(theirs).inspect();
      const { Id: ownId } = await raw.getContainer(await run()).inspect();
      // An id, ours included, is not a name.
      for (const name of [foreign, theirs, container.id, theirId, theirId.slice(0, 12), ownId]) {
        expect(await side.containers.inspect(name)).toBeUndefined();
        expect(await kind(side.containers.start(name))).toBe('no_such_container');
        expect(await kind(side.containers.stop(name, 0))).toBe('no_such_container');
        expect(await kind(side.containers.pause(name))).toBe('no_such_container');
        expect(await kind(side.host.openExec(name, ['/bin/true'], {}))).toBe('no_such_container');
        await side.containers.remove(name);
      }
      const names = (await side.containers.list()).map((one) => one.name);
      expect(names).not.toContain(foreign);
      expect(names).not.toContain(theirs);
      expect((await container.inspect()).State).toMatchObject({ Running: true, Paused: false });
      expect((await other.containers.inspect(theirs))?.status).toBe('running');
    } finally {
      await container.remove({ force: true });
    }
  });
});

describe('list', () => {
  it('has all of this instance, in whatever status', async () => {
    const [created, running, stopped] = [await make(), await run(), await run()];
    await side.containers.stop(stopped, 5);
    const found = await side.containers.list();
    const statusOf = (name: string) => found.find((one) => one.name === name)?.status;
    expect([created, running, stopped].map(statusOf)).toEqual(['created', 'running', 'exited']);
    expect(found.every((one) => one.labels[LABEL.instance] === side.instance)).toBe(true);
  });
});

describe('events', () => {
  it('come for this instance alone, with the exit code, and end at the signal', async () => {
    const controller = new AbortController();
    const events = await side.containers.events(controller.signal);
    const name = await run({}, side);
    const theirs = await run({}, other);
    await side.containers.pause(name);
    await side.containers.stop(name, 5);
    await side.containers.remove(name);
    await other.containers.remove(theirs);
    const seen: string[] = [];
    for await (const event of events) {
      expect(event.name).toBe(name);
      expect(event.labels).toMatchObject({ [LABEL.instance]: side.instance, [LABEL.sandbox]: 'sandbox-id' });
      expect(Math.abs(event.at - Date.now())).toBeLessThan(20_000);
      seen.push(event.type === 'die' ? `die ${event.exitCode}` : event.type);
      if (event.type === 'destroy') void delay(50).then(() => controller.abort());
    }
    expect(seen).toEqual(['start', 'pause', 'unpause', 'die 3', 'destroy']);
  });
});
