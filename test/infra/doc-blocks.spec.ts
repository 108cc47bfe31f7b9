import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { documents, shellBlocks } from '../support/doc-blocks.js';
import { ROOT } from './scratch.js';

/** test/e2e/docs.e2e-spec.ts runs what is not marked. */
describe.each(documents().filter((document) => shellBlocks(document).length > 0))('the commands of %s', (document) => {
  it.each(shellBlocks(document))('line $line: are run, or it is said who does or why nobody does', ({ mark }) => {
    expect(mark.how).not.toBe('unknown');
    if (mark.how === 'by') expect(existsSync(join(ROOT, mark.file))).toBe(true);
    if (mark.how === 'not') expect(mark.reason.split(' ').length).toBeGreaterThan(2);
  });
});

it('no command hides in a block of another kind', () => {
  const suspicious = /^ *(bin\/|test\/|npm |curl |docker |helm |kubectl |git |sudo |\$ )/;
  for (const document of documents()) {
    let language: string | undefined;
    for (const line of readFileSync(join(ROOT, document), 'utf8').split('\n')) {
      const fence = /^ *```(\w*)$/.exec(line);
      if (fence) language = language === undefined ? fence[1] : undefined;
      else if (language !== undefined && language !== 'sh' && language !== 'bash')
        expect([document, suspicious.test(line) ? line : '']).toEqual([document, '']);
    }
  }
});
