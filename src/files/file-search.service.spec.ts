import { text } from 'node:stream/consumers';
import { Leaving, LEAVING_LINE } from '../common/leaving/leaving.js';
import type { Config } from '../config/config.js';
import { SessionLost } from '../guest/agent-errors.js';
import type { AgentFiles } from '../guest/agent-files.js';
import type { FileEvent } from '../guest/file-search.js';
import type { FileWatch } from '../guest/file-watch.js';
import type { SandboxAccess } from '../sandboxes/sandbox-access.js';
import { FileSearchService } from './file-search.service.js';

const config = { files: { maxListEntries: 50 } } as Config;
const running = { row: { guest: { workingDir: '/work', user: 'app' } }, guest: {} };
const there = new AbortController().signal;
const base64 = (bytes: string) => Buffer.from(bytes, 'latin1').toString('base64');

async function* saying(...events: (FileEvent | Error)[]): AsyncGenerator<FileEvent> {
  for (const event of events) {
    if (event instanceof Error) throw event;
    yield event;
  }
}

describe('FileSearchService', () => {
  const search = vi.fn(() => Promise.resolve({ matches: [{ path: 'a' }], truncated: false }));
  const stop = vi.fn();
  let leaving: Leaving;

  function service(events = saying()): FileSearchService {
    const sandboxes = { running: () => Promise.resolve(running) } as unknown as SandboxAccess;
    const watches = { open: () => Promise.resolve({ events, stop }) } as unknown as FileWatch;
    return new FileSearchService(sandboxes, { search } as unknown as AgentFiles, watches, config, leaving);
  }
  const watched = async (events: AsyncGenerator<FileEvent>) => {
    const lines = await text((await service(events).watch('sb', { path: 'd' })).getStream());
    return lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
  };

  beforeEach(() => {
    vi.clearAllMocks();
    leaving = new Leaving();
  });

  it('looks for something, within the bound of a list', async () => {
    const nothing = service().search('sb', { path: '/' }, there);
    await expect(nothing).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const much = service().search('sb', { path: '/', name: '*', limit: '51' }, there);
    await expect(much).rejects.toMatchObject({ code: 'BAD_REQUEST', details: { field: 'limit' } });
    expect(search).not.toHaveBeenCalled();
    const found = await service().search('sb', { path: 'd', name: '*' }, there);
    expect(found).toEqual({ matches: [{ path: 'd/a' }], truncated: false });
    expect(search).toHaveBeenCalledWith(
      running.guest,
      { path: Buffer.from('/work/d'), user: 'app' },
      expect.objectContaining({ name: '*', limit: 50 }),
      there,
    );
  });

  it('tells each event with its path as it was asked for, and why it can’t go on', async () => {
    const moved = { type: 'moved', path: 'b', from: '\ufffd', from_base64: base64('\xff') } as FileEvent;
    expect(await watched(saying({ type: 'started' }, moved, new SessionLost()))).toEqual([
      { type: 'started' },
      { type: 'moved', path: 'd/b', from: 'd/\ufffd', from_base64: base64('d/\xff') },
      { type: 'error', code: 'ENGINE_UNAVAILABLE', message: expect.any(String) },
    ]);
    expect(stop).toHaveBeenCalled();
  });

  it('ends with a line when the service leaves, whatever the agent waits for', async () => {
    const silent = { next: () => new Promise<never>(() => undefined), return: vi.fn(() => Promise.resolve()) };
    const events = { [Symbol.asyncIterator]: () => silent } as unknown as AsyncGenerator<FileEvent>;
    setTimeout(() => leaving.begin(), 10);
    expect(await watched(events)).toEqual([LEAVING_LINE]);
    expect(stop).toHaveBeenCalled();
  });
});
