import { Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AtollError } from './atoll-error.js';
import { ErrorFilter } from './error.filter.js';

const request = { id: 'r1', method: 'PUT', url: '/v1/x' } as FastifyRequest;
const reply = { sent: true, raw: {} } as FastifyReply;

function logged(thrown: unknown) {
  const lines: [string, object, string][] = [];
  for (const level of ['error', 'debug'] as const)
    vi.spyOn(Logger.prototype, level).mockImplementation((about: object, text: string) => {
      lines.push([level, about, text]);
    });
  new ErrorFilter().send(thrown, request, reply);
  vi.restoreAllMocks();
  return lines;
}

it('tells of what is for the operator to mend at error, with its cause, and of the rest at debug', () => {
  const cause = new Error('what really happened');
  const full = new AtollError('INSUFFICIENT_STORAGE', 'the data directory is full', { cause });
  const about = { requestId: 'r1', err: cause };
  expect(logged(full)).toEqual([['error', { ...about, code: full.code }, full.message]]);
  const bad = new AtollError('BAD_REQUEST', 'no', { cause });
  expect(logged(bad)).toEqual([['debug', { ...about, code: bad.code }, 'no']]);
});

it("says of a sandbox's own doing what it was, and not to what, and wakes nobody", () => {
  const options = { ofSandbox: 'the agent refuses: no_space' };
  const full = new AtollError('INSUFFICIENT_STORAGE', '/home/me/private.txt: no space left', options);
  expect(logged(full)).toEqual([['debug', { requestId: 'r1', code: full.code }, options.ofSandbox]]);
});
