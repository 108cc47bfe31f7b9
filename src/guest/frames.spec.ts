import fc from 'fast-check';
import { encodeFrame, encodePosition, FrameDecoder, type Frame, type FrameType } from './frames.js';

/** Cuts a buffer at the places given. */
function cut(buffer: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (buffer.length + 1)).sort((a, b) => a - b), buffer.length];
  return at.slice(1).map((end, index) => buffer.subarray(at[index], end));
}

const decode = (chunks: Buffer[]): Frame[] => {
  const decoder = new FrameDecoder();
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    // A payload is good until the next one.
    for (const { type, payload } of decoder.push(chunk)) frames.push({ type, payload: Buffer.from(payload) });
  }
  return frames;
};

describe('frames', () => {
  it('are a type, a length and a payload', () => {
    expect(encodeFrame('A', encodePosition(258)).toString('hex')).toBe('41000000080000000000000102');
    expect(encodeFrame('R').toString('hex')).toBe('5200000000');
  });

  it('come out as they went in, wherever the stream is cut', () => {
    const frames = fc.array(
      fc.record({ type: fc.constantFrom<FrameType>('S', 'O', 'X'), payload: fc.uint8Array({ maxLength: 40 }) }),
    );
    fc.assert(
      fc.property(frames, fc.array(fc.nat()), (sent, places) => {
        const bytes = Buffer.concat(sent.map(({ type, payload }) => encodeFrame(type, Buffer.from(payload))));
        const got = decode(cut(bytes, places)).map(({ type, payload }) => ({ type, payload: new Uint8Array(payload) }));
        expect(got).toEqual(sent);
      }),
    );
  });

  it('come out byte by byte', () => {
    const bytes = Buffer.concat([encodeFrame('S', Buffer.from('{}')), encodeFrame('X')]);
    expect(decode(cut(bytes, [...bytes.keys()])).map(({ type }) => type)).toEqual(['S', 'X']);
  });

  it('are as large as a mebibyte, and refused by their header when they are larger', () => {
    const largest = encodeFrame('O', Buffer.alloc(1024 * 1024, 7));
    expect(decode([largest])[0].payload.equals(largest.subarray(5))).toBe(true);
    const header = Buffer.from('4f00100001', 'hex');
    expect(() => decode([header])).toThrow('too large');
  });
});
