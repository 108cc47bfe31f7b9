import { newName } from './names.js';
import { ADJECTIVES, NOUNS } from './words.js';

it.each([
  ['adjectives', ADJECTIVES],
  ['nouns', NOUNS],
])('%s are plain words, each of them once', (_what, words) => {
  expect(words.filter((word) => !/^[a-z]{3,}$/.test(word))).toEqual([]);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

it('a number comes to it when pairs have become few, so that no create fails for want of a name', () => {
  for (const attempt of [1, 10]) expect(newName(attempt)).toMatch(/^[a-z]+-[a-z]+$/);
  for (const attempt of [11, 50]) expect(newName(attempt)).toMatch(/^[a-z]+-[a-z]+-\d{5}$/);
});

it('every pair is a valid DNS label, a number behind it too', () => {
  const longest = (words: string[]) => Math.max(...words.map((word) => word.length));
  expect(longest(ADJECTIVES) + 1 + longest(NOUNS) + 6).toBeLessThanOrEqual(63);
});

it('there are pairs enough that few names are drawn twice', () => {
  expect(ADJECTIVES.length * NOUNS.length).toBeGreaterThan(20_000);
});

it('draws from all of both lists', () => {
  const drawn = Array.from({ length: 20_000 }, () => newName().split('-'));
  expect(new Set(drawn.map(([adjective]) => adjective))).toEqual(new Set(ADJECTIVES));
  expect(new Set(drawn.map(([, noun]) => noun))).toEqual(new Set(NOUNS));
});
