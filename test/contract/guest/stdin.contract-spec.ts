import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable } from 'node:stream';
import type { StdinInput } from '../../../src/guest/types.js';
import { failure, GuestSide, MB, sever, takeIn, TRANSPORTS, type Box } from './support.js';

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest('hex');
const text = (body: string, close = false): StdinInput => ({ body: Buffer.from(body), close });

describe.each(TRANSPORTS)('stdin over %s', (transport) => {
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport);
  });

  const listen = (script: string) => side.start(box, ['/bin/sh', '-c', script], { openStdin: true });
  const write = (id: string, input: StdinInput) => side.commands.writeStdin(box.guest, id, input);
  const end = async ({ id, stream }: Awaited<ReturnType<typeof listen>>) => {
    await side.commands.signal(box.guest, id, 9);
    await takeIn(stream);
    stream.release();
  };

  it('is at its end where there is none, and holds the first bytes exactly where there are', async () => {
    expect((await side.run(box, ['/bin/cat'])).stdout).toBe('');
    expect((await side.run(box, ['/bin/cat'], { stdin: Buffer.alloc(0) })).stdout).toBe('');
    expect((await side.run(box, ['/bin/cat'], { stdin: Buffer.from('a\r\n\0b') })).stdout).toBe('a\r\n\0b');
    const stdin = randomBytes(MB);
    expect((await side.run(box, ['/bin/sha256sum'], { stdin })).stdout).toContain(sha256(stdin));
  });

  it('comes from the agent, whatever becomes of the service', async () => {
    const stdin = randomBytes(MB);
    const late = await side.start(box, ['/bin/sh', '-c', 'sleep 0.5; sha256sum'], { stdin });
    const reading = failure(takeIn(late.stream));
    await sever(await box.guest.session());
    await reading;
    const again = await side.commands.attach(box.guest, late.id, 0, late.incarnation);
    expect((await takeIn(again!)).stdout).toContain(sha256(stdin));
    again!.release();
  });

  it('takes what is written later, call after call, and ends when it is told', async () => {
    const { id, stream } = await listen('cat');
    const output = takeIn(stream);
    expect(await write(id, text('one '))).toEqual({ written: 4, closed: false });
    expect(await write(id, { body: Readable.from([Buffer.from('two '), Buffer.from('three')]), close: false })).toEqual(
      { written: 9, closed: false },
    );
    expect(await write(id, text('', true))).toEqual({ written: 0, closed: true });
    expect(await failure(write(id, text('late')))).toMatchObject({ code: 'CONFLICT' });
    expect(await output).toMatchObject({ stdout: 'one two three', end: { exitCode: 0 } });
    const { error } = await failure(write(id, text('late')));
    expect(error).toMatchObject({ code: 'CONFLICT', message: `${id}: the command has finished; 0 bytes were taken` });
    stream.release();
    await expect.poll(() => failure(write(id, text('late')))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('takes 192 MB as it is read, without holding it here', async () => {
    const piece = randomBytes(MB);
    const hash = createHash('sha256');
    const before = process.memoryUsage().rss;
    let most = 0;
    const body = Readable.from(
      (function* () {
        for (let i = 0; i < 192; i++) {
          hash.update(piece);
          most = Math.max(most, process.memoryUsage().rss - before);
          yield piece;
        }
      })(),
      { highWaterMark: 1 },
    );
    const { id, stream } = await listen('sha256sum');
    const output = takeIn(stream);
    expect(await write(id, { body, close: true })).toEqual({ written: 192 * MB, closed: true });
    expect((await output).stdout).toContain(hash.digest('hex'));
    stream.release();
    expect(most).toBeLessThan(96 * MB);
  });

  it('that nobody reads holds up its writer alone; who gives up leaves it open', async () => {
    const running = await listen('read line; echo "$line"; sleep 60');
    await write(running.id, text('first\n'));
    let sent = 0;
    const flood = Readable.from(
      (function* () {
        for (; sent < 64 * MB; sent += 65_536) yield Buffer.alloc(65_536);
      })(),
      { highWaterMark: 1 },
    );
    const giveUp = new AbortController();
    const stuck = failure(write(running.id, { body: flood, close: true, signal: giveUp.signal }));
    await sleep(500);
    expect(sent).toBeLessThan(4 * MB);
    const behind = write(running.id, text('behind'));

    const others = Array.from({ length: 10 }, async () => {
      const other = await listen('cat');
      const output = takeIn(other.stream);
      await write(other.id, { body: Buffer.alloc(200_000, 'x'), close: true });
      expect((await output).stdout).toHaveLength(200_000);
      other.stream.release();
    });
    await Promise.all(others);

    giveUp.abort();
    expect((await stuck).error).toMatchObject({ name: 'AbortError' });
    const waiting = failure(behind); // its turn now, but the pipe is full
    await end(running);
    expect((await waiting).code).toBe('CONFLICT');
  });

  it('is refused while its source is silent, as soon as the command ends', async () => {
    const { id, stream } = await listen('head -c 3');
    const silent = new Readable({ read: () => undefined });
    silent.push('abc');
    const writing = failure(write(id, { body: silent, close: true }));
    await takeIn(stream);
    expect((await writing).error).toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('3 bytes were taken') as string,
    });
    stream.release();
    silent.destroy();
  });

  it('is left open when its source breaks off', async () => {
    const running = await listen('cat');
    const broken = new Readable({ read: () => undefined });
    broken.push('half ');
    const writing = failure(write(running.id, { body: broken, close: true }));
    await sleep(100);
    broken.destroy(new Error('the client left'));
    expect((await writing).code).toBe('BAD_REQUEST');
    expect(await write(running.id, text('whole', true))).toEqual({ written: 5, closed: true });
    expect((await takeIn(running.stream)).stdout).toBe('half whole');
    running.stream.release();
  });

  it('says why it takes nothing', async () => {
    const refusal = async (id: string) => (await failure(write(id, text('x')))).error;
    const plain = await side.start(box, ['/bin/sleep', '60'], { stdin: Buffer.from('x') });
    expect(await refusal(plain.id)).toMatchObject({
      code: 'CONFLICT',
      message: `${plain.id}: its stdin is not open for writing; 0 bytes were taken`,
    });
    await end(plain);
    const closed = await listen('exec 0<&-; echo closed; sleep 60');
    await closed.stream.events().next();
    expect(await refusal(closed.id)).toMatchObject({
      code: 'CONFLICT',
      message: `${closed.id}: nobody reads its stdin any more; 0 bytes were taken`,
    });
    await side.commands.signal(box.guest, closed.id, 9);
    closed.stream.detach();
  });

  it('of a sandbox that is frozen waits for it, and loses nothing', async () => {
    const { id, stream } = await listen('sha256sum');
    const body = randomBytes(8 * MB);
    await side.container(box).pause();
    const writing = write(id, { body, close: true });
    await sleep(300);
    await side.container(box).unpause();
    expect(await writing).toEqual({ written: 8 * MB, closed: true });
    expect((await takeIn(stream)).stdout).toContain(sha256(body));
    stream.release();
  });

  it("may be opened again by its command's user, as may stdout and stderr", async () => {
    const script = 'cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr';
    const ran = await side.run(box, ['/bin/sh', '-c', script], { user: 'app', stdin: Buffer.from('in\n') });
    expect(ran).toMatchObject({ stdout: 'in\nout\n', stderr: 'err\n', end: { exitCode: 0 } });
  });
});
