import { newId, newSecret } from './ids.js';

it('ids say what they are of, and are never the same', () => {
  const ids = Array.from({ length: 1000 }, () => newId('sb'));
  expect(ids.filter((id) => !/^sb_[0-9a-hjkmnp-tv-z]{20}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(1000);
  expect(newId('cmd')).toMatch(/^cmd_/);
});

it('ids use all of their alphabet', () => {
  const used = new Set(Array.from({ length: 1000 }, () => newId('sb').slice(3)).join(''));
  expect(used.size).toBe(32);
});

it('secrets are 64 hex digits', () => {
  expect(newSecret()).toMatch(/^[0-9a-f]{64}$/);
  expect(newSecret()).not.toBe(newSecret());
});
