import { randomInt } from 'node:crypto';
import { ADJECTIVES, NOUNS } from './words.js';

const pick = (words: readonly string[]): string => words[randomInt(words.length)];

/** Two friendly words: `brave-otter`. A valid DNS label, as it is the sandbox's subdomain; uniqueness is the store's. */
export const newName = (): string => `${pick(ADJECTIVES)}-${pick(NOUNS)}`;
