import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** A collection of the young generation takes about half a millisecond when little of it lives. */
const COLLECT_AFTER = 4 * 1024 * 1024;

// Whoever starts the service need not know of this. A context that is made after the flag has it, ours stays as it is.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how: { type: 'minor' }) => void;

let bytes = 0;

/**
 * So many bytes of buffers have served. V8 sees little of them, since they lie outside its heap, and would let tens of megabytes of dead ones pile up
 * and then collect everything, at thirty times the price. What streams gigabytes says so here, and memory stays where it was.
 */
export function spent(more: number): void {
  bytes += more;
  if (bytes < COLLECT_AFTER) return;
  bytes = 0;
  collect({ type: 'minor' });
}
