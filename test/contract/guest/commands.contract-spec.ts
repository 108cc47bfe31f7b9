import { once } from 'node:events';
import { randomBytes, createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { StartRefused } from '../../../src/guest/agent-commands.js';
import { recordsOf } from '../../../src/commands/output/records.js';
import { failure, file, GuestSide, MB, SCRATCH, takeIn, TRANSPORTS, sever, type Box } from './support.js';

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

describe.each(TRANSPORTS)('commands over %s', (transport) => {
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport);
  });

  const known = async () => {
    const answer = (await box.guest.session()).request({ method: 'GET', path: '/commands', endStream: true });
    const { commands } = JSON.parse((await answer.readAll(MB)).toString()) as { commands: { id: string }[] };
    return commands.map(({ id }) => id);
  };
  const attach = async (id: string, from: number) =>
    side.commands.attach(box.guest, id, from, (await box.guest.session()).peer.incarnation);

  it('say what they say, and how they ended', async () => {
    const { stdout, stderr, position, end } = await side.run(box, ['/bin/sh', '-c', 'echo out; echo err >&2; exit 7']);
    expect([stdout, stderr]).toEqual(['out\n', 'err\n']);
    expect(end).toMatchObject({ exitCode: 7, signal: undefined, length: position, oom: false });
  });

  it('run in an image that has nothing but themselves', async () => {
    const scratch = await side.box(transport, SCRATCH);
    const { stdout, end } = await side.run(scratch, ['/probe', 'args', 'a b', '', '$(x)']);
    expect([stdout, end.exitCode]).toEqual(['a b\n\n$(x)\n', 0]);
  });

  it('are refused with a reason', async () => {
    const { error } = await failure(side.start(box, ['/no/such']));
    expect(error).toBeInstanceOf(StartRefused);
    expect((error as StartRefused).refusal).toMatchObject({ reason: 'not_found', exitCode: 127 });
    const { error: other } = await failure(side.start(box, ['/bin/true'], { cwd: '/no/such' }));
    expect((other as StartRefused).refusal.reason).toBe('bad_cwd');
  });

  it('get signals, and those that have ended do not', async () => {
    const { id, stream } = await side.start(box, ['/bin/sleep', '1000']);
    await side.commands.signal(box.guest, id, 15);
    expect((await takeIn(stream)).end).toMatchObject({ exitCode: 143, signal: 15 });
    expect((await failure(side.commands.signal(box.guest, id, 15))).code).toBe('CONFLICT');
    stream.release();
    await expect.poll(() => failure(side.commands.signal(box.guest, id, 15))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are kept by the agent until they are released', async () => {
    const { id, stream, started } = await side.start(box, ['/bin/echo', 'kept']);
    const { position } = await takeIn(stream);
    stream.detach();
    expect(await known()).toContain(id);
    const again = await attach(id, position);
    expect(again!.pid).toBe(started.pid);
    expect(await takeIn(again!)).toMatchObject({ stdout: '', end: { exitCode: 0 } });
    again!.release();
    await expect.poll(known).not.toContain(id);
    expect((await failure(attach(id, 0))).code).toBe('NOT_FOUND');
  });

  it('go on exactly where their reader was, however often that breaks', async () => {
    const script = 'i=0; while [ $i -lt 3000 ]; do echo "line $i of the log"; i=$((i+1)); done';
    const { id, stream: first } = await side.start(box, ['/bin/sh', '-c', script]);
    const said: Buffer[] = [];
    let [position, breaks, ended] = [0, 0, false];
    let stream = first;
    while (!ended) {
      let events = 0;
      try {
        for await (const event of stream.events()) {
          if (event.type === 'end') {
            ended = true;
            break;
          }
          expect(event.position).toBe(position);
          for (const { data } of recordsOf(event.records)) said.push(Buffer.from(data));
          position = event.position + event.records.length;
          stream.acknowledge(position);
          if (++events === 3 && breaks < 6) {
            breaks += 1;
            if (breaks % 2) stream.detach();
            else await sever(await box.guest.session());
          }
        }
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
        stream = (await attach(id, position))!;
      }
    }
    stream.release();
    expect(breaks).toBeGreaterThan(0);
    expect(Buffer.concat(said).toString()).toBe(
      Array.from({ length: 3000 }, (_, i) => `line ${i} of the log\n`).join(''),
    );
  });

  it('belong to one incarnation: after a restart there is nothing to attach to', async () => {
    const other = await side.box(transport);
    const { id, incarnation, stream } = await side.start(other, ['/bin/sleep', '1000']);
    const reading = failure(takeIn(stream));
    other.guest = await side.restart(other);
    await reading;
    const { peer } = await other.guest.session();
    expect(peer.incarnation).not.toBe(incarnation);
    expect(await side.commands.attach(other.guest, id, 0, incarnation)).toBeUndefined();
    expect((await failure(side.commands.attach(other.guest, id, 0, peer.incarnation))).code).toBe('NOT_FOUND');
  });

  it('are held back when nobody reads them, cost no memory then, and stall nobody', async () => {
    const bytes = 200_000_000;
    const { stream } = await side.start(box, ['/bin/head', '-c', String(bytes), '/dev/zero']);
    const before = process.memoryUsage().rss;
    await sleep(700);
    const calls = Array.from({ length: 20 }, () => side.run(box, ['/bin/true']));
    expect((await Promise.all(calls)).map(({ end }) => end.exitCode)).toEqual(calls.map(() => 0));
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * MB);

    let read = 0;
    for await (const event of stream.events()) {
      if (event.type === 'end') {
        expect(event).toMatchObject({ exitCode: 0, length: read });
        stream.release();
        break;
      }
      expect(event.position).toBe(read);
      read += event.records.length;
      stream.acknowledge(read);
    }
    expect(read).toBeGreaterThan(bytes);
  });

  it('of many that nobody reads leave room for others', async () => {
    const unread = await Promise.all(Array.from({ length: 16 }, () => side.start(box, ['/bin/yes'])));
    await sleep(1000);
    expect((await side.run(box, ['/bin/echo', 'through'])).stdout).toBe('through\n');
    await Promise.all(unread.map(({ id }) => side.commands.signal(box.guest, id, 9)));
    for (const { stream } of unread) stream.release();
  });
});

describe.each(TRANSPORTS)('files over %s', (transport) => {
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport);
  });

  it('come back as they went in, and small calls pass beside a big one', async () => {
    const big = randomBytes(24 * MB);
    const digest = createHash('sha256').update(big).digest('hex');
    let done = false;
    const writing = side.files.write(box.guest, file('/tmp/big'), big).finally(() => (done = true));
    let beside = 0;
    while (!done) {
      await side.files.write(box.guest, file('/tmp/small'), Buffer.from('small'));
      beside += 1;
    }
    await writing;
    expect(beside).toBeGreaterThan(2);
    expect(await side.shell(box, 'sha256sum </tmp/big')).toContain(digest);
    const back = await side.files.read(box.guest, file('/tmp/big'), big.length);
    expect(createHash('sha256').update(back).digest('hex')).toBe(digest);
    expect((await failure(side.files.read(box.guest, file('/tmp/big'), big.length - 1))).code).toBe(
      'PAYLOAD_TOO_LARGE',
    );
  });

  it('that nobody takes in are held back', async () => {
    const session = await box.guest.session();
    const before = process.memoryUsage().rss;
    const unread = session.request({ method: 'GET', path: '/files?path=/dev/zero&user=', endStream: true });
    const refused = await failure(unread.ok());
    expect(refused.code).toBe('BAD_REQUEST'); // a device is no file
    await side.shell(box, 'head -c 200000000 /dev/zero >/tmp/zeros');
    const held = session.request({ method: 'GET', path: '/files?path=/tmp/zeros&user=', endStream: true });
    await held.ok();
    await sleep(500);
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * MB);
    expect((await side.run(box, ['/bin/true'])).end.exitCode).toBe(0);
    held.drop();
  });

  it('hold their writer back while the agent does not take them', async () => {
    const session = await box.guest.session();
    const request = session.request({ method: 'PUT', path: '/files?path=/tmp/slow&user=' });
    const { stream } = request as unknown as { stream: NodeJS.WritableStream };
    await side.container(box).pause();
    let written = 0;
    try {
      for (let taken = true; taken && written < 64 * MB; written += MB) {
        if (stream.write(Buffer.alloc(MB))) continue;
        taken = await Promise.race([once(stream, 'drain').then(() => true), sleep(500).then(() => false)]);
      }
      expect(written).toBeLessThan(32 * MB);
    } finally {
      await side.container(box).unpause();
    }
    request.end();
    await request.ok();
    expect(await side.files.read(box.guest, file('/tmp/slow'), 64 * MB)).toHaveLength(written);
  });

  it.each(['plain', 'two words', '-rf', '$(touch x)', '"quo\'tes"', 'new\nline', 'grüße🙂', '%2e+?&#', '.hidden'])(
    'have whatever name: %j',
    async (name) => {
      await side.files.write(box.guest, file(`/tmp/names/${name}`), Buffer.from(name));
      expect(
        (await side.files.list(box.guest, file('/tmp/names'), { limit: 10 })).entries.map((entry) => entry.name),
      ).toContain(name);
      expect(String(await side.files.read(box.guest, file(`/tmp/names/${name}`), 100))).toBe(name);
      await side.files.remove(box.guest, file(`/tmp/names/${name}`));
      expect((await failure(side.files.read(box.guest, file(`/tmp/names/${name}`), 100))).code).toBe('NOT_FOUND');
    },
  );

  it('are listed whatever time they were touched to', async () => {
    await side.shell(box, 'cd /dev/shm && touch -d @99999999999999 far; touch -d @-99999999999 past; touch now');
    const { entries } = await side.files.list(box.guest, file('/dev/shm'), { limit: 10 });
    expect(entries.map(({ name }) => name).sort()).toEqual(['far', 'now', 'past']);
    for (const { mtime } of entries) expect(new Date(mtime).toJSON()).not.toBeNull();
  });

  it('hold their owners to their permissions', async () => {
    expect((await failure(side.files.write(box.guest, file('/etc/x', 'app'), Buffer.from('x')))).code).toBe(
      'FORBIDDEN',
    );
    await side.files.write(box.guest, file('/home/app/x', 'app'), Buffer.from('x'));
    const [entry] = (await side.files.list(box.guest, file('/home/app'), { limit: 10 })).entries.filter(
      ({ name }) => name === 'x',
    );
    expect(entry).toMatchObject({ owner: 'app', uid: 1000, size: 1, type: 'file' });
  });
});
