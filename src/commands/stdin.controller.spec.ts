import type { FastifyReply, FastifyRequest } from 'fastify';
import { EventEmitter } from 'node:events';
import type { CommandsService } from './commands.service.js';
import { StdinController } from './stdin.controller.js';

/** Writes by a service that waits until its client leaves, as for a command that does not read. */
function setUp(closed: boolean) {
  const raw = Object.assign(new EventEmitter(), { closed });
  const writeStdin: CommandsService['writeStdin'] = (_id, _cmd, _body, { signal }) =>
    new Promise((_, reject) => {
      const give = () => reject(signal.reason as Error);
      if (signal.aborted) give();
      else signal.addEventListener('abort', give);
    });
  const controller = new StdinController({ writeStdin } as CommandsService);
  const request = { headers: {}, routeOptions: { config: {} }, body: { data: 'x' } } as unknown as FastifyRequest;
  return { raw, answer: controller.write('sb', 'cmd', {}, request, { raw } as unknown as FastifyReply) };
}

it('ends a write whose client goes away, and it is no bug', async () => {
  const { raw, answer } = setUp(false);
  setTimeout(() => raw.emit('close'), 10);
  await expect(answer).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});

it('does not wait for a client that left before', async () => {
  await expect(setUp(true).answer).rejects.toMatchObject({ code: 'BAD_REQUEST' });
});
