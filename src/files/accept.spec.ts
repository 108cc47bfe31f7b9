import { formOf, takesGzip } from './accept.js';

it.each([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['text/html', 'application/json'],
  ['application/octet-stream', 'application/octet-stream'],
  ['Application/X-Tar ; q=0.5, application/json;q=0.4', 'application/x-tar'],
  ['application/x-tar;q=0, application/gzip', 'application/gzip'],
  ['application/x-tar;q=nonsense', 'application/json'],
])('Accept: %s gets %s', (accept, form) => {
  expect(formOf(accept)).toBe(form);
});

it.each([
  [undefined, false],
  ['identity', false],
  ['gzip', true],
  ['br, x-gzip;q=0.2', true],
  ['gzip;q=0', false],
  ['gzip;q=0.000', false],
  ['gzipped', false],
])('Accept-Encoding: %s takes gzip: %s', (encoding, takes) => {
  expect(takesGzip(encoding)).toBe(takes);
});
