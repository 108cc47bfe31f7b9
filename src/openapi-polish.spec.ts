import { polished, unescaped } from './openapi-polish.js';

const responses = {};

/** One call, polished. */
const polish = (call: object) => polished({ '/v1/x/{id}': { get: { responses, ...call } } })['/v1/x/{id}'].get!;

describe('the polished document', () => {
  it('has the first sentence as the summary, and the others as the description', () => {
    expect(polish({ summary: 'Read it. With `a=b` its\nbytes. And more.' })).toMatchObject({
      summary: 'Read it.',
      description: 'With `a=b` its bytes. And more.',
    });
    expect(polish({ summary: 'Wait, with `wait=true`.', description: 'Kept.' })).toMatchObject({
      summary: 'Wait, with wait=true.',
      description: 'Kept.',
    });
    expect(polish({ summary: 'Short.' })).not.toHaveProperty('description');
  });

  it('tells the example of what may be left out, in words that no tool sends', () => {
    const parameter = (more: object) => ({
      in: 'query',
      name: 'path',
      schema: { type: 'string', example: '/tmp' },
      ...more,
    });
    const parameters = [parameter({ required: true }), parameter({ description: 'Where.' }), parameter({})];
    expect(polish({ parameters }).parameters).toEqual([
      parameter({ required: true }),
      { in: 'query', name: 'path', schema: { type: 'string' }, description: 'Where. Example: `/tmp`' },
      { in: 'query', name: 'path', schema: { type: 'string' }, description: 'Example: `/tmp`' },
    ]);
  });

  it('gives each type of a body its own schema', () => {
    const json = { $ref: '#/components/schemas/X' };
    const bytes = { type: 'string', format: 'binary' };
    const both = { schema: { oneOf: [json, bytes] } };
    const content = { 'application/json': both, 'application/octet-stream': both };
    expect(polish({ requestBody: { required: true, content } }).requestBody).toEqual({
      required: true,
      content: { 'application/json': { schema: json }, 'application/octet-stream': { schema: bytes } },
    });
    const plain = { content: { 'application/json': { schema: json, examples: {} } } };
    expect(polish({ requestBody: plain }).requestBody).toEqual(plain);
  });

  it('has the escapes of examples undone', () => {
    const X = { properties: { a: { example: 'one\\ttwo\\n' }, b: { example: 5 }, c: { example: 'kept\n' } } };
    expect(unescaped({ X })).toEqual({
      X: { properties: { a: { example: 'one\ttwo\n' }, b: { example: 5 }, c: { example: 'kept\n' } } },
    });
  });

  it('says what the parameters of a path are', () => {
    const id = { in: 'path', name: 'id', required: true, schema: { type: 'string' } };
    expect(polish({ parameters: [id] }).parameters).toEqual([{ ...id, description: 'Id or name of the sandbox.' }]);
    const image = { ...id, description: 'Of an image.' };
    expect(polish({ parameters: [image] }).parameters).toEqual([image]);
  });
});
