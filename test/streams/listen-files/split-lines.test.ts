import fc from 'fast-check';
import { splitLines } from '../../../streams/listen-files/split-lines';
import { flattened, inChunks } from '../../support/chunks';

function lines(bytes: Buffer | string, size?: number, bytesMax = 1000) {
  return flattened(splitLines(inChunks(bytes, size), bytesMax));
}

describe('splitLines', () => {
  it('numbers the lines, blank ones too, which it leaves out', async () => {
    expect(await lines('a\n\n \nb')).toEqual([
      { line: 1, text: 'a' },
      { line: 4, text: 'b' },
    ]);
  });

  it('takes the ends of lines of every system off, and a byte order mark', async () => {
    expect(await lines('\ufeffa\r\nb\r\n', 1)).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: 'b' },
    ]);
  });

  it('gives the same lines however the bytes come in', async () => {
    const texts = fc.array(fc.string({ unit: 'binary' }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 20 }), async (parts, size) => {
        const text = parts.join('\n');
        expect(await lines(text, size)).toEqual(await lines(text));
      }),
    );
  });

  it('refuses a line that is too long, keeps nothing of it and goes on', async () => {
    const text = `a\n${'x'.repeat(50)}\nb`;
    for (const size of [1, 7, 100]) {
      expect(await lines(text, size, 20)).toEqual([
        { line: 1, text: 'a' },
        {
          line: 2,
          refusal: { reason: 'LINE_TOO_LONG', detail: '50 bytes, at most 20 are read' },
        },
        { line: 3, text: 'b' },
      ]);
    }
  });

  it('takes a line that is just as long as allowed', async () => {
    expect(await lines('x'.repeat(20), 3, 20)).toEqual([{ line: 1, text: 'x'.repeat(20) }]);
  });

  it('refuses a line that is not UTF-8, and goes on', async () => {
    const bytes = Buffer.from('a\nM\xf6tley\nb', 'latin1');
    expect(await lines(bytes, 2)).toEqual([
      { line: 1, text: 'a' },
      { line: 2, refusal: { reason: 'NOT_UTF8', detail: '"Mötley"' } },
      { line: 3, text: 'b' },
    ]);
  });
});
