import { newName } from './names.js';
import { ADJECTIVES, NOUNS } from './words.js';

it.each([
  ['adjectives', ADJECTIVES],
  ['nouns', NOUNS],
])('%s are plain words, each of them once', (_what, words) => {
  expect(words.filter((word) => !/^[a-z]{3,}$/.test(word))).toEqual([]);
  expect(words.filter((word, index) => words.indexOf(word) !== index)).toEqual([]);
});

it('every pair is a valid DNS label', () => {
  const longest = (words: string[]) => Math.max(...words.map((word) => word.length));
  expect(longest(ADJECTIVES) + 1 + longest(NOUNS)).toBeLessThanOrEqual(63);
});

it('there are pairs enough that few names are drawn twice', () => {
  expect(ADJECTIVES.length * NOUNS.length).toBeGreaterThan(20_000);
});

it('draws from all of both lists', () => {
  const drawn = Array.from({ length: 20_000 }, () => newName().split('-'));
  expect(new Set(drawn.map(([adjective]) => adjective))).toEqual(new Set(ADJECTIVES));
  expect(new Set(drawn.map(([, noun]) => noun))).toEqual(new Set(NOUNS));
});
