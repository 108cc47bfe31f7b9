import { randomInt } from 'node:crypto';
import { ADJECTIVES, NOUNS } from './words.js';

const pick = (words: readonly string[]): string => words[randomInt(words.length)];

/** After so many draws nearly all pairs are taken. */
const PLAIN_ATTEMPTS = 10;

/**
 * Two friendly words: `brave-otter`. A valid DNS label, as it is the sandbox's subdomain; uniqueness is the store's. Where most pairs are taken, those of
 * stopped sandboxes count too, a number makes more of them: `brave-otter-48213`. `attempt`: from 1 on, how many times one was drawn for this sandbox.
 */
export function newName(attempt = 1): string {
  const pair = `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
  return attempt <= PLAIN_ATTEMPTS ? pair : `${pair}-${randomInt(10_000, 100_000)}`;
}
