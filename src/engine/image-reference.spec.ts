import fc from 'fast-check';
import { checkImageName, familiarName, fullName, isImageName, isReference, parseReference } from './image-reference.js';

const HEX = '0123456789abcdef'.repeat(4);
const SHA = `sha256:${HEX}`;

it.each([
  ['busybox', 'docker.io/library/busybox:latest'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36'],
  ['acme/app', 'docker.io/acme/app:latest'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest'],
  ['index.docker.io/library/busybox', 'docker.io/library/busybox:latest'],
  ['registry:5000/team/app:1.2', 'registry:5000/team/app:1.2'],
  ['localhost/app', 'localhost/app:latest'],
  ['127.0.0.1:5000/a/b/c/d:v1', '127.0.0.1:5000/a/b/c/d:v1'],
  ['Registry.Example/app', 'Registry.Example/app:latest'],
  ['[2001:db8::1]:5000/app:1', '[2001:db8::1]:5000/app:1'],
  ['[2001:db8::1]/app', '[2001:db8::1]/app:latest'],
  [`app@${SHA}`, `docker.io/library/app@${SHA}`],
  [`ghcr.io/acme/app:1@${SHA}`, `ghcr.io/acme/app:1@${SHA}`],
  [`app@sha512:${HEX}${HEX}`, `docker.io/library/app@sha512:${HEX}${HEX}`],
  ['a__b/c.d/e---f/g_h:X_.-', 'docker.io/a__b/c.d/e---f/g_h:X_.-'],
  ['abc123', 'docker.io/library/abc123:latest'],
  [`a/${'b'.repeat(253)}:${'t'.repeat(128)}`, `docker.io/a/${'b'.repeat(253)}:${'t'.repeat(128)}`],
])('reads %s', (text, full) => {
  expect(fullName(parseReference(text))).toBe(full);
  expect(isReference(text)).toBe(true);
  // Written in full it is the same.
  expect(fullName(parseReference(full))).toBe(full);
});

it.each([
  ['', 'letters and digits'],
  ['../info', 'host name or address'],
  ['a/../b', 'letters and digits'],
  ['a/./b', 'letters and digits'],
  ['a//b', 'letters and digits'],
  ['/a', 'letters and digits'],
  ['a/', 'letters and digits'],
  ['a b', 'letters and digits'],
  ['a\0', 'letters and digits'],
  ['a\n', 'letters and digits'],
  ['ä', 'letters and digits'],
  ['a?b', 'letters and digits'],
  ['a#b', 'letters and digits'],
  ['a%2fb', 'letters and digits'],
  ['UPPER/case', 'small letters'],
  ['registry.example/Upper', 'small letters'],
  ['a'.repeat(256), '255'],
  [`registry.example/${'a'.repeat(256)}`, '255'],
  ['a:', 'a tag has'],
  [`a:${'t'.repeat(129)}`, 'a tag has'],
  ['a:-x', 'a tag has'],
  ['a:b:c', 'a tag has'],
  ['a@sha256:00', 'digest'],
  [`a@sha256:${HEX.toUpperCase()}`, 'digest'],
  [`a@md5:${HEX}`, 'digest'],
  [`a@${SHA}@${SHA}`, 'digest'],
  [`a${'/a'.repeat(600)}`, '1024'],
  ['-a', 'letters and digits'],
  ['a_', 'letters and digits'],
  ['a___b', 'letters and digits'],
  ['a..b', 'letters and digits'],
  ['host:port/a', 'host name or address'],
  ['-x.example/a', 'host name or address'],
  ['http://a/b', 'host name or address'],
  [HEX, 'image id'],
  [SHA, 'image id'],
])('refuses %j', (text, why) => {
  expect(() => parseReference(text)).toThrow(why);
  expect(isReference(text)).toBe(false);
});

it('takes ids for names of images', () => {
  for (const id of [HEX, SHA, HEX.slice(0, 12), `sha256:${HEX.slice(0, 12)}`]) {
    expect(isImageName(id)).toBe(true);
    expect(() => checkImageName(id)).not.toThrow();
  }
  expect(isImageName('a b')).toBe(false);
});

it.each([
  ['busybox:1', 'busybox'],
  ['acme/app', 'acme/app'],
  ['docker.io/library/a/b', 'library/a/b'],
  ['ghcr.io/acme/app:2', 'ghcr.io/acme/app'],
])('writes %s as people do', (text, familiar) => {
  expect(familiarName(parseReference(text))).toBe(familiar);
});

it('reads what the grammar makes, and never takes long', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const part = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join('-'));
  const path = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
  const tag = fc.stringMatching(/^\w[\w.-]{0,20}$/);
  fc.assert(
    fc.property(path, tag, (path, tag) => {
      const text = `registry.example:5000/${path}:${tag}`;
      expect(fullName(parseReference(text))).toBe(text);
    }),
  );
  fc.assert(fc.property(fc.string({ maxLength: 2000 }), (text) => void isReference(text)));
  const begun = performance.now();
  isReference(`${'a-'.repeat(500)}!`);
  isReference(`${'a'.repeat(1000)}_`);
  expect(performance.now() - begun).toBeLessThan(100);
});
