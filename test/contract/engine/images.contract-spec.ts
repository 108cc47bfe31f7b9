import type Docker from 'dockerode';
import type { EngineError } from '../../../src/engine/errors.js';
import { parseReference } from '../../../src/engine/image-reference.js';
import { LABEL } from '../../../src/engine/labels.js';
import { BUSYBOX, cleanUp, openSide, randomName, rawDocker, type Side, spec } from './support.js';

let side: Side;
let other: Side;
let raw: Docker;
let volume: string;

beforeAll(async () => {
  raw = rawDocker();
  [side, other] = await Promise.all([openSide(), openSide()]);
  volume = await side.host.ensureAgentVolume(Buffer.from('images'));
});
afterAll(async () => {
  await cleanUp(raw, [side.instance, other.instance], [volume]);
  await Promise.all([side.close(), other.close()]);
});

const kindOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'fine',
    (error: EngineError) => error.kind,
  );

/** An image of its own, of busybox. */
async function copy(...tags: string[]): Promise<string> {
  const { id } = await raw.createContainer({ Image: BUSYBOX, Labels: { x: randomName() } });
  const { Id } = (await raw
    .getContainer(id)
    .commit({ _query: { container: id, comment: randomName() }, _body: {} })) as {
    Id: string;
  };
  await raw.getContainer(id).remove();
  for (const tag of tags) await raw.getImage(Id).tag({ repo: 'atoll-test/copy', tag });
  return Id;
}

it('are used by containers of this instance and of others, in whatever state', async () => {
  const imageId = await copy('used');
  expect(await side.images.usersOf(imageId)).toEqual([]);
  const ours = spec(imageId, volume);
  const theirs = spec(imageId, volume);
  await side.containers.create(ours);
  await side.containers.start(ours.name);
  await other.containers.create(theirs);
  // One of an image that was made from it does not count.
  const { id } = await raw.createContainer({ Image: imageId });
  const child = (await raw.getContainer(id).commit({ _query: { container: id }, _body: {} })) as { Id: string };
  await raw.getContainer(id).remove();
  const grandchild = await raw.createContainer({ Image: child.Id });
  const users = await side.images.usersOf(imageId);
  expect(users.sort((a, b) => Number(b.running) - Number(a.running))).toEqual([
    { name: ours.name, running: true, sandboxId: ours.labels[LABEL.sandbox] },
    { name: theirs.name, running: false, sandboxId: undefined },
  ]);
  await grandchild.remove();
  await raw.getImage(child.Id).remove();
  expect(await kindOf(side.images.remove('atoll-test/copy:used', false))).toBe('conflict');
  await side.containers.remove(ours.name);
  await other.containers.remove(theirs.name);
  await side.images.remove('atoll-test/copy:used', false);
  expect(await side.images.inspect(imageId)).toBeUndefined();
});

it('lose a tag, and go with the last one', async () => {
  const imageId = await copy('a', 'b');
  await side.images.remove('atoll-test/copy:a', false);
  expect((await side.images.inspect(imageId))!.tags).toEqual(['atoll-test/copy:b']);
  await side.images.remove('docker.io/atoll-test/copy:b', false);
  expect(await side.images.inspect(imageId)).toBeUndefined();
  for (const name of [imageId, 'atoll-test/copy:b', '../containers', ''])
    expect(await kindOf(side.images.remove(name, true))).toBe('no_such_image');
});

it('are not pulled from where nothing is, and the signal gives it up', async () => {
  const signal = new AbortController().signal;
  const pull = (text: string, given = signal) =>
    kindOf(side.images.pull({ reference: parseReference(text) }, () => undefined, given));
  expect(await pull('127.0.0.1:1/team/app:1')).toBe('registry_away');
  expect(await pull('127.0.0.1:1/team/app:1', AbortSignal.abort())).toBe('aborted');
});
