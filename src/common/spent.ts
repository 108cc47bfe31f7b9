import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const MIB = 1024 * 1024;
/** A collection of the young generation takes about half a millisecond when little of it lives. */
const COLLECT_AFTER = 4 * MIB;
/** One of everything takes some 15 to 30 ms, so it has to be worth it, and may not come often, whoever really holds what there is. */
const COLLECT_ALL_AFTER = 256 * MIB;
const WORTH_IT = 12 * MIB;

// Whoever starts the service need not know of this. A context that is made after the flag has it, ours stays as it is.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (how: { type: 'minor' | 'major' }) => void;

let bytes = 0;
let bytesSinceAll = 0;
let leastHeld = Infinity;

/**
 * So many bytes of buffers have served. V8 sees little of them, since they lie outside its heap, and would let tens of megabytes of dead ones pile up
 * and then collect everything, at thirty times the price. What streams gigabytes says so here, and memory stays where it was.
 */
export function spent(more: number): void {
  bytes += more;
  if (bytes < COLLECT_AFTER) return;
  bytesSinceAll += bytes;
  bytes = 0;
  collect({ type: 'minor' });
  // What waited for a slow reader through two collections is old by now, and they don't look at it again.
  const held = getHeapStatistics().external_memory;
  leastHeld = Math.min(leastHeld, held);
  if (bytesSinceAll < COLLECT_ALL_AFTER || held - leastHeld < WORTH_IT) return;
  collect({ type: 'major' });
  bytesSinceAll = 0;
  leastHeld = getHeapStatistics().external_memory;
}
