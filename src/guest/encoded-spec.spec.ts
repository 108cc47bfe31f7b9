import { encodeSpec, MAX_STDIN } from './encoded-spec.js';
import { MAX_PAYLOAD } from './frames.js';
import type { CommandSpec } from './types.js';

const SPEC: CommandSpec = { id: 'cmd_1', argv: ['cat', 'ü'], cwd: '/', env: { A: 'b' }, user: '' };
const sent = (more: Partial<CommandSpec>): unknown =>
  JSON.parse(
    encodeSpec({ ...SPEC, ...more })
      .subarray(5)
      .toString(),
  );

it('is a frame of its own type and length', () => {
  const frame = encodeSpec(SPEC);
  expect(String.fromCharCode(frame[0])).toBe('C');
  expect(frame.readUInt32BE(1)).toBe(frame.length - 5);
});

it('says what was asked for, and nothing else', () => {
  expect(sent({})).toEqual(SPEC);
  const all = { umask: 0, timeoutMs: 5, graceMs: 0, openStdin: true, stdin: Buffer.from([0, 255, 10]) };
  expect(sent(all)).toEqual({ ...SPEC, umask: 0, timeout_ms: 5, grace_ms: 0, open_stdin: true, stdin: 'AP8K' });
  expect(sent({ stdin: Buffer.alloc(0) })).toHaveProperty('stdin', '');
});

it('bounds arguments and environment, and stdin by itself', () => {
  const room = MAX_PAYLOAD - JSON.stringify({ ...SPEC, argv: [''], stdin: '' }).length;
  const stdin = Buffer.alloc(MAX_STDIN, 255);
  expect(sent({ argv: ['x'.repeat(room)], stdin })).toHaveProperty('stdin', stdin.toString('base64'));
  for (const argv of [['x'.repeat(room + 1)], ['ü'.repeat(room / 2 + 1)]])
    expect(() => encodeSpec({ ...SPEC, argv, stdin })).toThrow(/^arguments and environment together are larger than/);
  expect(() => encodeSpec({ ...SPEC, stdin: Buffer.alloc(MAX_STDIN + 1) })).toThrow(
    expect.objectContaining({ code: 'PAYLOAD_TOO_LARGE', message: 'stdin is larger than 1048576 bytes' }),
  );
});
