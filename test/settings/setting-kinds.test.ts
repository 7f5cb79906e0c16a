import {
  bytes,
  choice,
  decimal,
  duration,
  flag,
  integer,
  list,
  share,
  text,
} from '../../src/settings/setting-kinds';

const help = 'H.';
const wide = { default: 1, min: 0, max: 1e15, help };

describe('integer', () => {
  const { read } = integer({ default: 4, min: 1, max: 10, help });
  it.each(['1', '10', '5e0'])('takes %s', (given) => expect(read(given)).toBe(Number(given)));
  it.each(['0', '11', '1.5', '', 'four', '4x', '0x4', 'Infinity', 'NaN'])('refuses %j', (given) =>
    expect(read(given)).toBeUndefined(),
  );
});

describe('decimal and share', () => {
  it('takes fractions, and percents for a share', () => {
    expect(decimal({ ...wide, max: 2 }).read('.5')).toBe(0.5);
    expect(share({ default: 0, help }).read('3%')).toBeCloseTo(0.03);
    expect(share({ default: 0, help }).read('0.03')).toBe(0.03);
  });
  it.each(['1.1', '-0.1', '101%', '%', 'x%'])('refuses the share %j', (given) =>
    expect(share({ default: 0, help }).read(given)).toBeUndefined(),
  );
});

describe('duration and bytes', () => {
  it.each([
    ['100', 100],
    ['100ms', 100],
    ['1.5s', 1500],
    ['2min', 120_000],
    ['3 h', 10_800_000],
    ['1D', 86_400_000],
  ])('reads the duration %s', (given, ms) => expect(duration(wide).read(given)).toBe(ms));

  it.each([
    ['100', 100],
    ['800KB', 800_000],
    ['64MiB', 67_108_864],
    ['2gib', 2_147_483_648],
  ])('reads the size %s', (given, size) => expect(bytes(wide).read(given)).toBe(size));

  it.each(['', 'ms', '1m', '1 year', '-1s', '1,5s'])('refuses %j', (given) => {
    expect(duration(wide).read(given)).toBeUndefined();
  });

  it.each([0, 1, 100, 1500, 60_000, 86_400_000, 90_000])('reads what it writes: %d', (value) => {
    expect(duration(wide).read(duration(wide).write(value))).toBe(value);
    expect(bytes(wide).read(bytes(wide).write(value))).toBe(value);
  });

  it('writes the largest unit that fits', () => {
    expect(duration(wide).write(90_000)).toBe('90s');
    expect(bytes(wide).write(268_435_456)).toBe('256MiB');
    expect(bytes(wide).write(800_000)).toBe('800KB');
  });
});

describe('choice, text, list and flag', () => {
  it('take what is theirs', () => {
    expect(choice({ values: ['a', 'b'], default: 'a', help }).read('b')).toBe('b');
    expect(text({ default: 'a', help }).read('b c')).toBe('b c');
    expect(list({ default: [], help }).read('a:1, b:2')).toEqual(['a:1', 'b:2']);
    expect(flag({ default: false, help }).read('Yes')).toBe(true);
    expect(flag({ default: false, help }).read('off')).toBe(false);
  });

  it('refuse the rest', () => {
    expect(choice({ values: ['a', 'b'], default: 'a', help }).read('A')).toBeUndefined();
    expect(text({ default: 'a', help }).read('')).toBeUndefined();
    expect(list({ default: [], help, pattern: /^\w+:\d+$/ }).read('a:1,b')).toBeUndefined();
    expect(flag({ default: false, help }).read('maybe')).toBeUndefined();
  });
});
