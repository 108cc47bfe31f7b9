import { AtollError } from '../common/errors/atoll-error.js';
import { encodeFrame, MAX_PAYLOAD } from './frames.js';
import type { CommandSpec } from './types.js';

/** Bytes that a command may be given as its first stdin. */
export const MAX_STDIN = 1024 * 1024;

declare const checked: unique symbol;

/** A command as the agent takes it: checked, encoded, ready for AgentCommands.start. Only encodeSpec makes one. */
export type EncodedSpec = Buffer & { readonly [checked]: true };

/** Throws PAYLOAD_TOO_LARGE for more than the agent takes. */
export function encodeSpec({ timeoutMs, graceMs, openStdin, stdin, ...same }: CommandSpec): EncodedSpec {
  if (stdin && stdin.length > MAX_STDIN) throw tooLarge(`stdin is larger than ${MAX_STDIN} bytes`);
  const text = stdin?.toString('base64');
  const wire = { ...same, timeout_ms: timeoutMs, grace_ms: graceMs, open_stdin: openStdin, stdin: text };
  const payload = Buffer.from(JSON.stringify(wire));
  if (payload.length - (text?.length ?? 0) > MAX_PAYLOAD)
    throw tooLarge(`arguments and environment together are larger than ${MAX_PAYLOAD} bytes`);
  return encodeFrame('C', payload) as EncodedSpec;
}

const tooLarge = (message: string) => new AtollError('PAYLOAD_TOO_LARGE', message);
