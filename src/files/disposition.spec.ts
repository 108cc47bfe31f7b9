import { disposition } from './disposition.js';

it.each([
  ['/tmp/plain.txt', '', `attachment; filename="plain.txt"; filename*=UTF-8''plain.txt`],
  ['/tmp/tree/', '.tar', `attachment; filename="tree.tar"; filename*=UTF-8''tree.tar`],
  ['/', '.tar.gz', `attachment; filename="root.tar.gz"; filename*=UTF-8''root.tar.gz`],
  ['/a"b\\c%d', '', `attachment; filename="a_b_c_d"; filename*=UTF-8''a%22b%5Cc%25d`],
  ["/ü (it's)\n*", '', `attachment; filename="_ (it's)_*"; filename*=UTF-8''%C3%BC%20%28it%27s%29%0A%2A`],
])('%j with %j', (path, suffix, header) => {
  expect(disposition(Buffer.from(path), suffix)).toBe(header);
});

it('holds nothing but ASCII, whatever the bytes', () => {
  expect(disposition(Buffer.from([0x2f, 0xff, 0x0d, 0x0a, 0xfe]))).toMatch(/^[\x20-\x7e]+$/);
});
