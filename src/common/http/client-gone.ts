import type { ServerResponse } from 'node:http';
import { AtollError } from '../errors/atoll-error.js';

/** Fires when the client goes away before it has its answer. */
export function clientGone(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const onClose = () => {
    if (!response.writableFinished) controller.abort(new AtollError('TIMEOUT', 'the client went away'));
  };
  if (response.destroyed) onClose();
  else response.once('close', onClose);
  return controller.signal;
}
