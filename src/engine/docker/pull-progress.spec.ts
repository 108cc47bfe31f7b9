import { layerProgress, pullLines } from './pull-progress.js';

it.each([
  [
    { id: 'a', status: 'Pulling fs layer', progressDetail: {} },
    { layer: 'a', status: 'waiting' },
  ],
  [
    { id: 'a', status: 'Waiting', progressDetail: {} },
    { layer: 'a', status: 'waiting' },
  ],
  [
    { id: 'a', status: 'Downloading', progressDetail: { current: 5, total: 10 } },
    { layer: 'a', status: 'downloading', bytes: 5, total: 10 },
  ],
  [
    { id: 'a', status: 'Downloading', progressDetail: { current: 11, total: 10 } },
    { layer: 'a', status: 'downloading', bytes: 10, total: 10 },
  ],
  // No length, as some registries answer.
  [
    { id: 'a', status: 'Downloading', progressDetail: { current: 5, total: -1 } },
    { layer: 'a', status: 'downloading' },
  ],
  [
    { id: 'a', status: 'Retrying in 5 seconds', progressDetail: {} },
    { layer: 'a', status: 'retrying' },
  ],
  [
    { id: 'a', status: 'Verifying Checksum', progressDetail: {} },
    { layer: 'a', status: 'downloaded' },
  ],
  [
    { id: 'a', status: 'Extracting', progressDetail: { current: 1, total: 2 } },
    { layer: 'a', status: 'extracting', bytes: 1, total: 2 },
  ],
  [
    { id: 'a', status: 'Extracting', progressDetail: { current: 3, total: 9, units: 's' } },
    { layer: 'a', status: 'extracting' },
  ],
  [
    { id: 'a', status: 'Already exists', progressDetail: {} },
    { layer: 'a', status: 'complete' },
  ],
  [
    { id: 'a', status: 'Pull complete', progressDetail: {} },
    { layer: 'a', status: 'complete' },
  ],
  [{ id: '1', status: 'Pulling from team/app' }, undefined],
  [{ status: 'Digest: sha256:0' }, undefined],
  [{ id: 'a' }, undefined],
])('reads %j', (line, progress) => {
  expect(layerProgress(line)).toEqual(progress);
});

it('reads lines however they are cut, and leaves out what is none', async () => {
  const text = '{"id":"ä"}\r\n\r\nnonsense\n{"id":"b"}\n{"error":"c"}';
  const bytes = Buffer.from(text);
  for (const size of [1, 2, 3, 7, 1000]) {
    async function* cut() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    }
    const lines = [];
    for await (const line of pullLines(cut())) lines.push(line);
    expect(lines).toEqual([{ id: 'ä' }, { id: 'b' }, { error: 'c' }]);
  }
});
