/** One record of a command's log, as the agent writes it. */
export function record(
  data: string | Buffer,
  stream: 'stdout' | 'stderr' = 'stdout',
  timeMs = 1_700_000_000_000,
): Buffer {
  const bytes = Buffer.from(data);
  const head = Buffer.alloc(12);
  head[0] = stream === 'stdout' ? 1 : 2;
  head.writeUIntBE(bytes.length, 1, 3);
  head.writeBigUInt64BE(BigInt(timeMs) * 1000n, 4);
  return Buffer.concat([head, bytes]);
}
