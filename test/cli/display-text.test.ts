import { cleanText, cutText, displayWidth, fitText } from '../../src/cli/display-text';

describe('displayWidth', () => {
  it.each([
    ['abc', 3],
    ['ä', 1],
    ['a\u0308', 1],
    ['日本語', 6],
    ['한국', 4],
    ['🎵', 2],
    ['👩‍👩‍👧', 2],
    ['', 0],
  ])('of %s is %d', (text, width) => expect(displayWidth(text)).toBe(width));
});

describe('cutText and fitText', () => {
  it('leave alone what fits', () => expect(cutText('abc', 3)).toBe('abc'));
  it('mark what is left out', () => expect(cutText('abcdef', 4)).toBe('abc…'));
  it('cut no wide character in half', () => {
    expect(cutText('日本語', 4)).toBe('日…');
    expect(fitText('日本語', 4)).toBe('日… ');
  });
  it('give nothing where there is no room', () => expect(cutText('abc', 0)).toBe(''));
  it('fill up', () => expect(fitText('ab', 4)).toBe('ab  '));
});

describe('cleanText', () => {
  it('takes out what would move the cursor or turn the writing round', () => {
    expect(cleanText('a\x1b[2Jb\nc\u202ed')).toBe('a [2Jb c d');
  });
});
