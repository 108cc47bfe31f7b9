import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.js';
import { ApiKeyGuard } from './api-key.guard.js';
import { Public } from './public.decorator.js';

const KEY = 'correct-horse-battery';

class Routes {
  closed() {
    return 'closed';
  }
  @Public()
  open() {
    return 'open';
  }
}

@Public()
class OpenRoutes {
  any() {
    return 'any';
  }
}

const guard = new ApiKeyGuard({ apiKey: KEY } as Config, new Reflector());

function enter(authorization?: string, handler: () => unknown = Routes.prototype.closed, owner: unknown = Routes) {
  const context = {
    getHandler: () => handler,
    getClass: () => owner,
    switchToHttp: () => ({ getRequest: () => ({ headers: { authorization } }) }),
  };
  return guard.canActivate(context as unknown as ExecutionContext);
}

it.each([`Bearer ${KEY}`, `bearer ${KEY}`, `BEARER  ${KEY} `])('lets %j in', (header) => {
  expect(enter(header)).toBe(true);
});

it.each([undefined, '', KEY, `Basic ${KEY}`, 'Bearer', 'Bearer ', `Bearer ${KEY} and more`, `Bearer${KEY}`])(
  'says how to send a key to who sends %j',
  (header) => {
    expect(() => enter(header)).toThrow(
      expect.objectContaining({ code: 'UNAUTHORIZED', message: expect.stringContaining('Authorization: Bearer') }),
    );
  },
);

it.each([`${KEY}x`, KEY.slice(0, -1), KEY.toUpperCase(), 'x', 'é'])('refuses the key %j', (key) => {
  expect(() => enter(`Bearer ${key}`)).toThrow(
    expect.objectContaining({ code: 'UNAUTHORIZED', message: 'this api key is not valid' }),
  );
});

it('looks at a key once a request', () => {
  const request = { headers: { authorization: `Bearer ${KEY}` } };
  guard.check(request as FastifyRequest);
  request.headers.authorization = 'Bearer another';
  expect(() => guard.check(request as FastifyRequest)).not.toThrow();
  expect(() => guard.check({ ...request } as FastifyRequest)).toThrow('not valid');
});

it('asks for no key where a route, or all of its controller, is public', () => {
  expect(enter(undefined, Routes.prototype.open)).toBe(true);
  expect(enter(undefined, OpenRoutes.prototype.any, OpenRoutes)).toBe(true);
});
