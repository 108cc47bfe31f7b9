import { IsOptional, IsString, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { FromRaw } from './raw-record.js';
import { ValidationPipe } from './validation.pipe.js';

class Inner {
  @IsOptional()
  @IsString()
  a?: string;
}

class Request {
  @IsOptional()
  @IsString()
  path?: string;

  @IsOptional()
  @ValidateNested()
  @Type(() => Inner)
  inner?: Inner;

  @IsOptional()
  @FromRaw()
  labels?: Record<string, string>;
}

const pipe = new ValidationPipe();
const through = (type: 'body' | 'query', value: unknown) => pipe.transform(value, { type, metatype: Request });
/** As Fastify's parser of queries makes it: without a prototype. */
const query = (fields: Record<string, string>) =>
  Object.entries(fields).reduce(
    (made, [name, value]) =>
      Object.defineProperty(made, name, { value, enumerable: true, writable: true, configurable: true }),
    Object.create(null) as object,
  );

const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];

describe('unknown fields', () => {
  it.each(['other', ...INHERITED])('%s is refused in a query and in a body', async (name) => {
    for (const type of ['query', 'body'] as const)
      await expect(through(type, query({ path: '/x', [`${name}`]: '1' }))).rejects.toMatchObject({
        code: 'BAD_REQUEST',
        details: [{ field: name, message: `unknown field "${name}"` }],
      });
  });

  it.each(['other', 'constructor', 'toString'])('inner.%s is refused', async (name) => {
    await expect(through('body', { inner: { [name]: '1' } })).rejects.toMatchObject({
      message: expect.stringContaining(`unknown field "inner.${name}"`) as string,
    });
  });

  it('are none where names are data', async () => {
    const labels = { constructor: 'a', toString: 'b' };
    expect(await through('body', { path: '/x', labels })).toMatchObject({ path: '/x', labels });
    expect(await through('query', query({ path: '/x' }))).toMatchObject({ path: '/x' });
  });
});
