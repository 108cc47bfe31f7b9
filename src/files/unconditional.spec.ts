import type { ExecutionContext } from '@nestjs/common';
import { GUARDS_METADATA, METHOD_METADATA } from '@nestjs/common/constants.js';
import { RequestMethod, type CanActivate } from '@nestjs/common';
import { FileCallsController } from './file-calls.controller.js';
import { FileSearchController } from './file-search.controller.js';
import { FilesController } from './files.controller.js';

const handlers = [FilesController, FileCallsController, FileSearchController].flatMap(({ prototype }) =>
  Object.getOwnPropertyNames(prototype).flatMap((name): [string, object][] => {
    const handler = (prototype as unknown as Record<string, object>)[name];
    const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
    return method === undefined || method === RequestMethod.GET ? [] : [[name, handler]];
  }),
);

it('knows all calls that change something', () => {
  expect(handlers.map(([name]) => name).sort()).toEqual(
    ['change', 'copy', 'mkdir', 'move', 'remove', 'replace', 'symlink', 'upload', 'write'].sort(),
  );
});

// A write looks at them itself.
it.each(handlers.filter(([name]) => name !== 'write'))('%s refuses conditions', (_name, handler) => {
  const [guard] = (Reflect.getMetadata(GUARDS_METADATA, handler) ?? []) as CanActivate[];
  const asked = (headers: object) =>
    guard.canActivate({ switchToHttp: () => ({ getRequest: () => ({ headers }) }) } as unknown as ExecutionContext);
  expect(asked({ accept: '*/*' })).toBe(true);
  for (const name of ['if-match', 'if-none-match', 'if-unmodified-since'])
    expect(() => asked({ [name]: '"zzz"' })).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
});
