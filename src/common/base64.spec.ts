import { bytesOf } from './base64.js';

describe('bytesOf', () => {
  it('takes text as UTF-8 and base64 as what it stands for, however long', () => {
    expect(bytesOf('é', undefined, 'stdin')).toEqual(Buffer.from('é'));
    for (const text of ['', 'YQ==', 'YWI=', 'YWJj', 'A'.repeat(40_000_000)])
      expect(bytesOf(text, 'base64', 'stdin').equals(Buffer.from(text, 'base64'))).toBe(true);
  });

  it.each(['YQ', 'YQ=', 'YQ===', 'Y===', 'Y Q=', 'YW-_', 'YQ==YQ==', `${'A'.repeat(8_000_000)}!!!!`])(
    'refuses what is not base64: %.20s',
    (text) => {
      expect(() => bytesOf(text, 'base64', 'data')).toThrow('data must be base64');
    },
  );
});
