import type { Config } from '../config/config.js';
import { parseReference } from '../engine/image-reference.js';
import { ImagePolicy } from './image-policy.js';

const policy = (...allowed: string[]) =>
  new ImagePolicy({ images: { allowed: allowed.length > 0 ? allowed : undefined } } as Config);
const ID = `sha256:${'abcdef01'.repeat(8)}`;

it('allows all without a list', () => {
  expect(() => policy().check(parseReference('evil.example/a'))).not.toThrow();
  expect(() => policy().checkUse(ID, { tags: [] })).not.toThrow();
});

it('allows what is in the list, and says what is not', () => {
  const one = policy('ghcr.io/acme/**', 'busybox:1');
  expect(() => one.check(parseReference('busybox:1'))).not.toThrow();
  expect(() => one.check(parseReference('busybox'))).toThrow('docker.io/library/busybox:latest is not among');
});

it('goes by the name that was asked for, and by tags where that is an id', () => {
  const one = policy('ghcr.io/acme/**');
  expect(() => one.checkUse('other:1', { tags: ['other:1', 'ghcr.io/acme/a:1'] })).toThrow('not among');
  for (const id of [ID, ID.slice(7), 'abcdef012345']) {
    expect(() => one.checkUse(id, { tags: ['other:1', 'ghcr.io/acme/a:1'] })).not.toThrow();
    expect(() => one.checkUse(id, { tags: ['other:1'] })).toThrow('not among');
    expect(() => one.checkUse(id, { tags: [] })).toThrow('not among');
  }
  // A name that looks like an id.
  expect(() => one.checkUse('abcdef', { tags: ['abcdef:latest', 'ghcr.io/acme/a:1'] })).toThrow('not among');
});
