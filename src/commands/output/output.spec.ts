import { appendFile, open, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { record } from '../../../test/support/records.js';
import { readLogs } from '../../../test/support/read-logs.js';
import { tempFolder } from '../../../test/support/temp-folder.js';
import { logsAsJson } from './logs-json.js';
import { OutputLog } from './output-reader.js';
import { OutputWriter } from './output-writer.js';

const MB = 1024 * 1024;
const temp = await tempFolder();
let count = 0;
const newFolder = () => join(temp, String(++count), 'output');
const all = 100 * MB;

async function sizeOf(folder: string): Promise<number> {
  const sizes = (await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** A log that holds these texts, written by one writer. */
async function write(folder: string, ...texts: string[]): Promise<OutputWriter> {
  const writer = await OutputWriter.resume(folder, all);
  for (const text of texts) await writer.append(writer.position, record(text));
  await writer.close();
  return writer;
}

describe('writing', () => {
  it('is read back, both streams, with nothing missing', async () => {
    const folder = newFolder();
    const writer = OutputWriter.fresh(folder, all);
    await writer.append(0, Buffer.concat([record('a'), record('b', 'stderr'), record('é\n')]));
    expect(await readLogs(folder, all)).toEqual({ stdout: 'aé\n', stderr: 'b', truncated: false });
    await writer.close();
  });

  it('makes nothing until something is said, and only we can read it', async () => {
    const folder = newFolder();
    const writer = OutputWriter.fresh(folder, all);
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    expect(await readLogs(folder, all)).toEqual({ stdout: '', stderr: '', truncated: false });
    await writer.append(0, record('x'));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, '0.log'))).mode & 0o777).toBe(0o600);
    await writer.close();
  });

  it('goes on where a killed service was, without the record that it wrote half', async () => {
    const folder = newFolder();
    const { position } = await write(folder, 'one', 'two');
    await appendFile(join(folder, '0.log'), record('torn').subarray(0, 14));
    const resumed = await OutputWriter.resume(folder, all);
    expect(resumed.position).toBe(position);
    await resumed.append(position, record('three'));
    await resumed.close();
    expect(await readLogs(folder, all)).toEqual({ stdout: 'onetwothree', stderr: '', truncated: false });
  });

  it('has its last file from the moment it is found again, not only from its next word on', async () => {
    const folder = newFolder();
    await write(folder, 'x');
    expect((await OutputWriter.resume(folder, all)).path).toBe(join(folder, '0.log'));
  });

  it('goes on when not even the first record was whole', async () => {
    const folder = newFolder();
    await write(folder, 'x');
    await writeFile(join(folder, '0.log'), record('torn').subarray(0, 5));
    await write(folder, 'again');
    expect(await readdir(folder)).toEqual(['0.log']);
    expect((await readLogs(folder, all)).stdout).toBe('again');
  });

  it('cuts off what a power cut made of the end', async () => {
    const folder = newFolder();
    const { position } = await write(folder, 'good');
    await appendFile(join(folder, '0.log'), Buffer.alloc(500));
    expect((await OutputWriter.resume(folder, all)).position).toBe(position);
  });

  it('ignores what is there already, and refuses what are no whole records', async () => {
    const folder = newFolder();
    const writer = await write(folder, 'one', 'two');
    await writer.append(0, record('one'));
    await expect(writer.append(writer.position, record('x').subarray(1))).rejects.toThrow('not whole records');
    expect((await readLogs(folder, all)).stdout).toBe('onetwo');
  });

  it('begins a new segment at a gap, and says that something is missing', async () => {
    const folder = newFolder();
    const writer = await write(folder, 'one');
    await writer.append(1000, record('far'));
    await writer.close();
    expect((await readdir(folder)).sort()).toEqual(['0.log', '1000.log']);
    expect(await readLogs(folder, all)).toEqual({ stdout: 'onefar', stderr: '', truncated: true });
    expect((await OutputWriter.resume(folder, all)).position).toBe(1000 + record('far').length);
  });

  it('drops the oldest past its bound, whether it was killed in between or not', async () => {
    const piece = Buffer.concat(Array.from({ length: 16 }, () => record('x'.repeat(65_536))));
    for (const killed of [false, true]) {
      const folder = newFolder();
      let writer = OutputWriter.fresh(folder, 20 * MB);
      for (let i = 0; i < 40; i++) {
        await writer.append(writer.position, piece);
        if (!killed) continue;
        await writer.close();
        writer = await OutputWriter.resume(folder, 20 * MB);
      }
      await writer.close();
      const kept = await sizeOf(folder);
      expect(kept).toBeGreaterThanOrEqual((20 - 9) * MB); // a segment has 8 MiB and what one piece goes over
      expect(kept).toBeLessThan((20 + 9) * MB);
      expect((await readLogs(folder, all)).truncated).toBe(true);
      expect((await OutputWriter.resume(folder, all)).position).toBe(40 * piece.length);
    }
  });

  it('counts what it holds, not how far the positions jump', async () => {
    const folder = newFolder();
    const writer = OutputWriter.fresh(folder, 20 * MB);
    for (const position of [0, 100 * MB, 900 * MB]) await writer.append(position, record('x'));
    await writer.close();
    expect((await readLogs(folder, all)).stdout).toBe('xxx');
  });

  it('leaves no half record behind when the disk is full, and takes the same again', async () => {
    const folder = newFolder();
    const writer = await write(folder, 'one');
    const probe = await open(join(folder, '0.log'));
    const fileHandle = Object.getPrototypeOf(probe) as { write(data: Buffer): Promise<{ bytesWritten: number }> };
    await probe.close();
    const really = fileHandle.write;
    const full = vi
      .spyOn(fileHandle, 'write')
      .mockImplementationOnce(function (this: typeof fileHandle, data) {
        return really.call(this, data.subarray(0, 7));
      })
      .mockRejectedValueOnce(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
    await expect(writer.append(writer.position, record('two'))).rejects.toThrow('ENOSPC');
    full.mockRestore();
    await writer.append(writer.position, record('two'));
    await writer.append(writer.position, record('three'));
    await writer.close();
    expect(await readLogs(folder, all)).toEqual({ stdout: 'onetwothree', stderr: '', truncated: false });
  });
});

describe('reading', () => {
  it('gives the last bytes of each stream by itself', async () => {
    const folder = newFolder();
    const writer = OutputWriter.fresh(folder, all);
    await writer.append(0, Buffer.concat([record('12345'), record('err', 'stderr'), record('67890')]));
    await writer.close();
    expect(await readLogs(folder, 10)).toEqual({ stdout: '1234567890', stderr: 'err', truncated: false });
    expect(await readLogs(folder, 7)).toEqual({ stdout: '4567890', stderr: 'err', truncated: true });
    expect(await readLogs(folder, 5)).toEqual({ stdout: '67890', stderr: 'err', truncated: true });
    expect(await readLogs(folder, 2)).toEqual({ stdout: '90', stderr: 'rr', truncated: true });
  });

  it('never begins in the middle of a character, not even of one that two records share', async () => {
    const folder = newFolder();
    const emoji = Buffer.from('🙂');
    const writer = OutputWriter.fresh(folder, all);
    await writer.append(
      0,
      Buffer.concat([record('aé'), record(emoji.subarray(0, 2)), record(emoji.subarray(2)), record('z')]),
    );
    await writer.close();
    expect((await readLogs(folder, 8)).stdout).toBe('aé🙂z');
    const tails = [7, 6, 5, 4, 3, 2, 1].map(async (bytes) => (await readLogs(folder, bytes)).stdout);
    expect(await Promise.all(tails)).toEqual(['é🙂z', '🙂z', '🙂z', 'z', 'z', 'z', 'z']);
  });

  it('replaces what is not UTF-8, and no more than that', async () => {
    const folder = newFolder();
    const writer = OutputWriter.fresh(folder, all);
    await writer.append(0, record(Buffer.from([0x61, 0xff, 0x62])));
    await writer.append(writer.position, record(Buffer.alloc(100, 0x80)));
    await writer.close();
    expect((await readLogs(folder, all)).stdout).toBe(`a\ufffdb${'\ufffd'.repeat(100)}`);
    expect((await readLogs(folder, 50)).stdout).toHaveLength(47);
  });

  it('leaves out what the writer is in the middle of', async () => {
    const folder = newFolder();
    await write(folder, 'one');
    await appendFile(join(folder, '0.log'), record('two').subarray(0, 13));
    expect(await readLogs(folder, all)).toEqual({ stdout: 'one', stderr: '', truncated: false });
  });

  it('reads around a broken segment, and says so', async () => {
    const folder = newFolder();
    const writer = await write(folder, 'one', 'two');
    await writer.append(writer.position, record('three'));
    await writer.close();
    const first = await readFile(join(folder, '0.log'));
    first.fill(0, record('one').length);
    await writeFile(join(folder, '0.log'), first);
    expect(await readLogs(folder, all)).toEqual({ stdout: 'onethree', stderr: '', truncated: true });
  });

  it('minds no segment that is dropped under its eyes', async () => {
    const folder = newFolder();
    const writer = await write(folder, 'one');
    await writer.append(writer.position, record('two'));
    await writer.close();
    await rm(join(folder, '0.log'));
    await symlink('/nowhere', join(folder, '0.log')); // found in the folder, gone when it is read
    expect(await readLogs(folder, all)).toEqual({ stdout: 'two', stderr: '', truncated: true, first_seq: 15 * 4 });
  });

  it('minds no other files in the folder', async () => {
    const folder = newFolder();
    await write(folder, 'one');
    await writeFile(join(folder, 'note.txt'), 'x');
    expect((await readLogs(folder, all)).stdout).toBe('one');
  });
});

it('says that output is missing, too, when it was dropped while it was being read', async () => {
  const folder = newFolder();
  await write(folder, 'one\n');
  const { position } = await write(folder, 'two\n');
  const log = await OutputLog.open(folder, position);
  await rm(join(folder, '0.log'));
  const options = {
    maxBytes: all,
    streams: new Set(['stdout', 'stderr'] as const),
    encoding: 'utf8',
    exitCode: 0,
  } as const;
  let json = '';
  for await (const piece of logsAsJson(log, options)) json += piece;
  expect(JSON.parse(json)).toMatchObject({ stdout: 'two\n', stderr: '', exit_code: 0, truncated: true });
  expect(log.first).toBe(position / 2);
});
