import { readFileSync } from 'node:fs';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** Of this build. package.json lies two folders up from both src/common and dist/common. */
export const VERSION = version;
