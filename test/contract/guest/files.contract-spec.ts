import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { BUSYBOX, failure, file, GuestSide, SCRATCH, TRANSPORTS, type Box } from './support.js';

let side: GuestSide;
beforeAll(async () => {
  side = await GuestSide.open();
});
afterAll(() => side?.close());

const IMAGES = [BUSYBOX, SCRATCH];
const ALL = TRANSPORTS.flatMap((transport) =>
  IMAGES.flatMap((image) => [false, true].map((readOnly) => ({ transport, image, readOnly }))),
);

/** Every call, in images with and without anything else in them, and where only a tmpfs can be written. */
describe.each(ALL)('files over $transport in $image, read-only root: $readOnly', ({ transport, image, readOnly }) => {
  let box: Box;
  beforeAll(async () => {
    box = await side.box(transport, image, readOnly);
    await side.files.mkdir(box.guest, file('/tmp'), '1777'); // there is none in scratch
  });

  describe.each(['', '1000:1000'])('as "%s"', (user) => {
    const dir = `/tmp/of-${user === '' ? 'root' : 'user'}`;
    const at = (name: string) => file(`${dir}/${name}`, user);
    const to = (name: string) => Buffer.from(`${dir}/${name}`);

    it('are made, listed, moved, copied, changed and removed', async () => {
      const { guest } = box;
      expect(await side.files.mkdir(guest, at('a/b'), '0750')).toBe(true);
      await side.files.write(guest, at('a/b/text'), Buffer.from('one\ntwo\n'), { mode: '0640' });
      await side.files.symlink(guest, at('a/link'), 'b/text', false);
      expect(await side.files.stat(guest, at('a/link'))).toMatchObject({ type: 'symlink', target: 'b/text' });
      expect(await side.files.stat(guest, at('a/link'), true)).toMatchObject({ type: 'file', size: 8, mode: 0o640 });
      await side.files.copy(guest, at('a'), to('c'), false);
      await side.files.move(guest, at('c/b/text'), to('c/moved'), false);
      expect((await failure(side.files.move(guest, at('c/moved'), to('a/b/text'), false))).code).toBe('CONFLICT');
      expect(await side.files.change(guest, at('c'), { mode: '0700', recursive: true })).toBe(4);
      const { entries } = await side.files.list(guest, at(''), { limit: 100, recursive: true });
      expect(entries.map(({ path, mode, type }) => [path, type === 'symlink' ? '' : mode.toString(8)])).toEqual([
        ['a', '755'],
        ['a/b', '750'],
        ['a/b/text', '640'],
        ['a/link', ''],
        ['c', '700'],
        ['c/b', '700'],
        ['c/link', ''],
        ['c/moved', '700'],
      ]);
      const owner = user === '' ? 0 : 1000;
      expect(entries.every(({ uid, gid }) => uid === owner && gid === owner)).toBe(true);
      await side.files.remove(guest, at('c'));
      expect((await failure(side.files.stat(guest, at('c')))).code).toBe('NOT_FOUND');
    });

    it('are searched and replaced in', async () => {
      const { guest } = box;
      const byName = await side.files.search(guest, at('a'), { name: '*.t?xt', limit: 10 });
      expect(byName).toEqual({ matches: [], truncated: false });
      const byContent = await side.files.search(guest, at('a'), { content: 'two', limit: 10 });
      expect(byContent.matches).toMatchObject([{ path: 'b/text', line: 2, column: 1, text: 'two' }]);
      const wishes = { search: 'two', replace: 'three', expected: 1, max_bytes: 1000 };
      expect(await side.files.replace(guest, at('a/b/text'), wishes)).toMatchObject({ replacements: 1 });
      expect((await failure(side.files.replace(guest, at('a/b/text'), wishes))).code).toBe('CONFLICT');
      expect((await side.files.read(guest, at('a/b/text'), 100)).toString()).toBe('one\nthree\n');
    });

    it('are streamed, in parts, on conditions, and behind what is there', async () => {
      const { guest } = box;
      const content = randomBytes(3_000_000);
      const made = await side.streams.write(guest, at('bytes'), Readable.from([content]), { create: true });
      expect(made).toMatchObject({ size: content.length, created: true });
      const again = side.streams.write(guest, at('bytes'), Readable.from([content]), { create: true });
      expect((await failure(again)).code).toBe('PRECONDITION_FAILED');
      const whole = await side.streams.open(guest, at('bytes'));
      expect(whole).toMatchObject({ size: content.length, etag: made.etag });
      expect((await buffer(whole.body)).equals(content)).toBe(true);
      const part = await side.streams.open(guest, at('bytes'), { range: 'bytes=1000000-2999998', ifRange: made.etag });
      expect(part).toMatchObject({ from: 1_000_000, length: 1_999_999 });
      expect((await buffer(part.body)).equals(content.subarray(1_000_000, 2_999_999))).toBe(true);
      const outside = side.streams.open(guest, at('bytes'), { range: 'bytes=3000000-' });
      expect((await failure(outside)).code).toBe('RANGE_NOT_SATISFIABLE');
      await side.streams.write(guest, at('bytes'), Readable.from([Buffer.from('end')]), { append: true });
      expect((await side.files.read(guest, at('bytes'), 4_000_000)).subarray(-4)).toEqual(
        Buffer.concat([content.subarray(-1), Buffer.from('end')]),
      );
    });

    it('go as archives, out and in again', async () => {
      const { guest } = box;
      for (const gzip of [false, true]) {
        const archive = await buffer(await side.streams.openTree(guest, at('a'), gzip));
        const target = at(gzip ? 'zipped' : 'plain');
        expect(
          await side.streams.writeTree(guest, target, Readable.from([archive]), { keepLinks: false }),
        ).toMatchObject({
          entries: 3,
          bytes: 10,
        });
        const { entries } = await side.files.list(guest, target, { limit: 10, recursive: true });
        expect(entries.map(({ path }) => path)).toEqual(['b', 'b/text', 'link']);
      }
    });

    it('are watched', async () => {
      const { guest } = box;
      const watch = await side.watches.open(guest, at('a'), true);
      await side.files.write(guest, at('a/new'), Buffer.from('x'));
      await side.files.remove(guest, at('a/new'));
      const seen: string[] = [];
      for await (const { type, path } of watch.events) {
        seen.push(`${type} ${path ?? ''}`);
        if (type === 'deleted') watch.stop();
        if (type === 'deleted') break;
      }
      expect(seen[0]).toBe('started ');
      expect(seen.at(-1)).toBe('deleted new');
      expect(seen).toContain('written new');
    });

    it('are refused where nothing may be written', async () => {
      const { guest } = box;
      const root = (name: string) => file(`/${name}`, user);
      if (user === '' && !readOnly) return expect(await side.files.mkdir(guest, root('fine'))).toBe(true);
      const refused = [
        () => side.files.write(guest, root('x'), Buffer.from('x')),
        () => side.streams.write(guest, root('x'), Readable.from([randomBytes(200_000)]), {}),
        () => side.streams.writeTree(guest, root('x'), Readable.from([Buffer.alloc(1024)]), { keepLinks: false }),
        () => side.files.mkdir(guest, root('x')),
        () => side.files.symlink(guest, root('x'), 'y', false),
        () => side.files.move(guest, at('a'), Buffer.from('/x'), false),
        () => side.files.copy(guest, at('a'), Buffer.from('/x'), false),
        () => side.files.change(guest, root(''), { mode: '0777' }),
        () => side.files.remove(guest, root('etc')),
      ];
      for (const call of refused) expect((await failure(call())).code, String(call)).toBe('FORBIDDEN');
    });

    it('leave nothing unfinished behind', async () => {
      const { entries } = await side.files.list(box.guest, file('/tmp', ''), { limit: 1000, recursive: true });
      expect(entries.filter(({ name }) => name.startsWith('.atoll-tmp'))).toEqual([]);
    });
  });
});
