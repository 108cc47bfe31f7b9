import { parseReference } from '../engine/image-reference.js';
import { allows } from './image-globs.js';

const DIGEST = `sha256:${'0'.repeat(64)}`;

it.each([
  ['busybox', 'busybox', true],
  ['busybox', 'busybox:1', true],
  ['busybox', `busybox@${DIGEST}`, true],
  ['busybox', 'docker.io/library/busybox:1', true],
  ['docker.io/library/busybox', 'busybox', true],
  ['busybox', 'acme/busybox', false],
  ['busybox', 'evil.example/busybox', false],
  ['busybox:1.*', 'busybox:1.36', true],
  ['busybox:1.*', 'busybox:2', false],
  ['busybox:1.*', 'busybox', false],
  ['busybox:1.*', `busybox:1.36@${DIGEST}`, false],
  [`busybox@${DIGEST}`, `busybox:1@${DIGEST}`, true],
  ['ghcr.io/acme/*', 'ghcr.io/acme/app:1', true],
  ['ghcr.io/acme/*', 'ghcr.io/acme/a/b', false],
  ['ghcr.io/acme/**', 'ghcr.io/acme/a/b', true],
  ['ghcr.io/acme/**', 'ghcr.io/acme2/a', false],
  ['ghcr.io/acme/**', 'evil.example/ghcr.io/acme/a', false],
  ['ghcrxio/acme/a', 'ghcr.io/acme/a', false],
  ['ghcr.io/acme/a', 'ghcrxio/acme/a', false],
  ['registry:5000/**', 'registry:5000/a:1', true],
  ['registry:500?/a', 'registry:5000/a:1', true],
  ['*', 'busybox', true],
  ['*', 'acme/app', false],
  ['acme/*', 'acme/app:1', true],
  ['acme/*', 'ghcr.io/acme/app', false],
  ['**', 'ghcr.io/acme/app:1', true],
  ['docker.io/**', 'ghcr.io/acme/app:1', false],
  ['docker.io/**', 'acme/app:1', true],
  ['****', 'ghcr.io/acme/app:1', true],
  ['[2001:db8::1]:5000/*', '[2001:db8::1]:5000/a', true],
])('%s and %s: %s', (glob, reference, allowed) => {
  expect(allows(glob, parseReference(reference))).toBe(allowed);
});
