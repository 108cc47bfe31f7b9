import { fileQuery } from './file-query.js';

const decoded = (query: string) =>
  query
    .slice(1)
    .split('&')
    .map((pair) => pair.split('='))
    .map(([name, value]) => [name, Buffer.from(unescape(value), 'latin1')] as const);

it('carries a path of any bytes', () => {
  const path = Buffer.from(Array.from({ length: 255 }, (_, byte) => byte + 1));
  const query = fileQuery({ path, user: 'a&b=c' });
  expect(query).toMatch(/^[\x21-\x7e]+$/);
  expect(decoded(query)).toEqual([
    ['path', path],
    ['user', Buffer.from('a&b=c')],
  ]);
});

it('leaves out what is not said', () => {
  const target = { path: Buffer.from('/x'), user: '' };
  const more = { flag: true, off: false, none: undefined, limit: 0, text: '+ ü', bytes: Buffer.from([0xff]) };
  expect(fileQuery(target, more)).toBe('?path=/x&user=&flag=1&limit=0&text=%2b%20%c3%bc&bytes=%ff');
});
