import { boundedJson } from './bounded-json.js';

const parse = (text: string, values: number) => boundedJson(Buffer.from(text), values);

it.each([
  ['{"a":1,"b":"x"}', 2],
  ['{"a":"[[[[{{{{::,,\\"[[{{\\\\"}', 1],
  ['[1,2,{"a":[]}]', 4],
  ['"[[["', 0],
  ['"\\ud83d,é,\\u005b"', 0],
])('reads %s', (text, values) => {
  expect(parse(text, values)).toEqual(JSON.parse(text));
});

it.each([
  ['[{},{},{},{}]', 2],
  ['{"a":[[[[[[[[[]]]]]]]]]}', 4],
  ['{"a":"\\\\","b":[1,2,3,4,5]}', 3],
  ['{"a":1,"a":1,"a":1}', 2],
])('refuses %s as more than %i values', (text, values) => {
  expect(() => parse(text, values)).toThrow(`more than ${values} values`);
});

it.each(['', '{"a', '"a\\', '{"a":"b\\"', '<html>', '{"a":1'])('%j is no JSON', (text) => {
  expect(() => parse(text, 9)).toThrow(SyntaxError);
});
