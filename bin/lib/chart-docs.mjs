// chart-docs.mjs [--check]: writes the table of values into helm/atoll/README.md, from values.yaml and its comments that begin
// with "--". With --check it writes nothing, and exits 1 when the table is not that one, or when a value has no comment.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { format } from 'prettier';

const CHART = join(import.meta.dirname, '../../helm/atoll');
const README = join(CHART, 'README.md');
const BEGIN = '<!-- values: made by npm run chart:docs -->';
const END = '<!-- end of values -->';

const source = readFileSync(join(CHART, 'values.yaml'), 'utf8');
const descriptions = descriptionsIn(source);
const rows = valuesIn(load(source));
const silent = rows.filter(({ description }) => !description).map(({ name }) => name);
if (silent.length > 0) fail(`values.yaml does not say what these are: ${silent.join(', ')}`);

const table = ['| value | default | meaning |', '| --- | --- | --- |', ...rows.map(row)].join('\n');
const readme = readFileSync(README, 'utf8');
const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
if (before < 0 || after < before) fail('README.md has no place for the table');
const text = `${readme.slice(0, before)}${BEGIN}\n\n${table}\n\n${readme.slice(after)}`;
const wanted = await format(text, { parser: 'markdown', printWidth: 120, proseWrap: 'preserve' });

if (!process.argv.includes('--check')) writeFileSync(README, wanted);
else if (wanted !== readme) fail('the table of values in README.md is an old one');

function row({ name, value, description }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return `| \`${name}\` | ${text === '' ? '' : `\`${text}\``} | ${description.replaceAll('|', '\\|')} |`;
}

/** Every value that has a comment, else those inside it. */
function valuesIn(value, name = '') {
  const described = descriptions.get(name);
  const inside = value !== null && typeof value === 'object' && !Array.isArray(value) && Object.entries(value);
  if (described || !inside) return [{ name, value, description: described }];
  return inside.flatMap(([key, one]) => valuesIn(one, name ? `${name}.${key}` : key));
}

/** From the path of a key to the comment right above it. */
function descriptionsIn(yaml) {
  const found = new Map();
  const path = [];
  let comment;
  for (const line of yaml.split('\n')) {
    const said = /^ *# -- (.*)$/.exec(line);
    const key = /^( *)([\w-]+):/.exec(line);
    if (key) {
      const depth = key[1].length / 2;
      path.splice(depth, path.length, key[2]);
      if (comment) found.set(path.join('.'), comment);
    }
    comment = said?.[1];
  }
  return found;
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
