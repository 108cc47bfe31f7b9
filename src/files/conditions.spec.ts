import type { OpenFile } from '../guest/file-streams.js';
import { checkState, isKnown, rangeOf, refuseConditions, writeConditions } from './conditions.js';

const file = { etag: '1-2-3', mtime: Date.parse('2026-01-02T03:04:05.678Z') } as OpenFile;
const made = { mtime: file.mtime } as OpenFile; // by the kernel, as it is read
const AT = 'Fri, 02 Jan 2026 03:04:05 GMT';
const BEFORE = 'Fri, 02 Jan 2026 03:04:04 GMT';

it.each([
  [{}, { create: false, if_match: undefined }],
  [{ 'if-none-match': ' * ' }, { create: true, if_match: undefined }],
  [{ 'if-match': '*' }, { create: false, if_match: '*' }],
  [{ 'if-match': '"1-2", W/"3", "4-5"' }, { create: false, if_match: '1-2,4-5' }],
  [{ 'if-match': '"what others call a state"' }, { create: false, if_match: '-' }],
  [{ 'if-match': '' }, { create: false, if_match: '-' }],
])('a write with %j asks for %j', (headers, wishes) => {
  expect(writeConditions(headers)).toEqual(wishes);
});

it.each([{ 'if-none-match': '"1-2"' }, { 'if-unmodified-since': AT }])('a write with %j is refused', (headers) => {
  expect(() => writeConditions(headers)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});

it.each(['if-match', 'if-none-match', 'if-unmodified-since'])('%s is refused where there is no single file', (name) => {
  expect(() => refuseConditions({ [name]: '*' })).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  expect(() => refuseConditions({ accept: '*/*' })).not.toThrow();
});

it.each([
  [{}, false],
  [{ 'if-none-match': '"1-2-3"' }, true],
  [{ 'if-none-match': 'W/"1-2-3", "x"' }, true],
  [{ 'if-none-match': '*' }, true],
  [{ 'if-none-match': '"other"', 'if-modified-since': AT }, false],
  [{ 'if-modified-since': AT }, true],
  [{ 'if-modified-since': BEFORE }, false],
  [{ 'if-modified-since': 'yesterday' }, false],
  [{ 'if-modified-since': '2030' }, false],
  [{ 'if-modified-since': 'Friday, 02-Jan-26 03:04:05 GMT' }, true],
])('with %j the client has the file: %s', (headers, known) => {
  expect(isKnown(file, headers)).toBe(known);
  expect(isKnown(made, headers)).toBe(false);
});

it.each([
  [{}, true],
  [{ 'if-match': '"1-2-3"', 'if-unmodified-since': BEFORE }, true],
  [{ 'if-match': '*' }, true],
  [{ 'if-match': 'W/"1-2-3"' }, false],
  [{ 'if-match': '"other"' }, false],
  [{ 'if-unmodified-since': AT }, true],
  [{ 'if-unmodified-since': BEFORE }, false],
  [{ 'if-unmodified-since': 'never' }, true],
  [{ 'if-unmodified-since': '2000' }, true],
])('a read with %j goes on: %s', (headers, fine) => {
  const check = () => checkState(file, headers);
  if (fine) expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: 'PRECONDITION_FAILED' }));
});

it.each([
  [{}, {}],
  [{ range: 'bytes=0-1' }, { range: 'bytes=0-1' }],
  [{ range: `bytes=${'1'.repeat(300)}` }, {}],
  [
    { range: 'bytes=0-1', 'if-range': '"1-2"' },
    { range: 'bytes=0-1', ifRange: '1-2' },
  ],
  [
    { range: 'bytes=0-1', 'if-range': AT },
    { range: 'bytes=0-1', ifRange: '-' },
  ],
  [{ 'if-range': '"1-2"' }, {}],
])('%j asks for %j', (headers, range) => {
  expect(rangeOf({ method: 'GET', headers })).toEqual(range);
  expect(rangeOf({ method: 'HEAD', headers })).toEqual({});
});
