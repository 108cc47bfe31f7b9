import { httpDate } from './http-date.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const AT = Date.parse('1994-11-06T08:49:37Z');

it.each([
  ['Sun, 06 Nov 1994 08:49:37 GMT', AT],
  ['Sunday, 06-Nov-94 08:49:37 GMT', AT],
  ['Sun Nov  6 08:49:37 1994', AT],
  ['Friday, 02-Jan-26 03:04:05 GMT', Date.parse('2026-01-02T03:04:05Z')],
  ['Wednesday, 01-Jan-70 00:00:00 GMT', Date.parse('2070-01-01T00:00:00Z')],
  ['Saturday, 01-Jan-77 00:00:00 GMT', Date.parse('1977-01-01T00:00:00Z')], // 2077 would be more than 50 years ahead
])('%s is a time', (text, ms) => {
  expect(httpDate(text, NOW)).toBe(ms);
});

it.each([
  '',
  '2030',
  'never',
  '1',
  '2026-01-02T03:04:05Z',
  'Fri, 2 Jan 2026 03:04:05 GMT',
  'Fri, 02 Jan 2026 03:04:05 UTC',
  'Fri, 02 Jan 2026 03:04:05 +0000',
  'Mon, 02 Jan 2026 03:04:05 GMT',
  'Fri, 32 Jan 2026 03:04:05 GMT',
  'Monday, 06-Nov-94 08:49:37 GMT',
  'Mon Nov  6 08:49:37 1994',
])('%j is none', (text) => {
  expect(httpDate(text, NOW)).toBeNaN();
});
