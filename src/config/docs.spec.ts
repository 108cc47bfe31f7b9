import { readFileSync } from 'node:fs';
import { format } from 'prettier';
import { configurationDocs } from './docs.js';
import { variables } from './variables.js';

describe('docs/configuration.md', () => {
  it('is what the table of variables says; run `npm run build && npm run --silent config:docs > docs/configuration.md`', () => {
    const file = new URL('../../docs/configuration.md', import.meta.url);
    expect(readFileSync(file, 'utf8')).toBe(configurationDocs());
  });

  it('has every variable', () => {
    for (const name of Object.keys(variables)) expect(configurationDocs()).toContain(`| \`${name}\` `);
  });

  it('is laid out as prettier would', async () => {
    const text = configurationDocs();
    expect(await format(text, { parser: 'markdown', printWidth: 120, singleQuote: true })).toBe(text);
  });
});
