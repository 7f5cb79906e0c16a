import { mulberry32 } from '../../../src/random';
import {
  atLeast,
  binned,
  TABLE_1_BINS,
  TABLE_2_BINS,
  threshold,
  thresholdOfShare,
  total,
} from '../../../streams/control/threshold';
import { oracleShareThreshold } from '../../support/oracle/counts';

describe('the threshold', () => {
  it('takes a class of equal counts in or out as a whole', () => {
    // 100 tracks: 2 with 9 listeners, 3 with 8, 95 with 1. Room for 4: the class of 8 does not fit.
    const histogram = new Map([
      [9, 2],
      [8, 3],
      [1, 95],
    ]);
    expect(thresholdOfShare(histogram, 0.04)).toBe(9);
    expect(thresholdOfShare(histogram, 0.05)).toBe(8);
    expect(atLeast(histogram, 8)).toBe(5);
  });

  it('lets nothing in where even the highest class is too large', () => {
    expect(thresholdOfShare(new Map([[5, 10]]), 0.03)).toBe(6);
  });

  it('is that of a recount on random catalogues', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = mulberry32(seed);
      const listeners = new Map(
        Array.from({ length: 50 + random.below(500) }, (_, track) => [
          `t${track}`,
          1 + Math.floor(60 * random.next() ** 4),
        ]),
      );
      const histogram = new Map<number, number>();
      for (const count of listeners.values()) histogram.set(count, (histogram.get(count) ?? 0) + 1);
      const share = 0.01 + random.next() * 0.3;
      const expected = atLeast(histogram, oracleShareThreshold(listeners, share));
      if (atLeast(histogram, thresholdOfShare(histogram, share)) !== expected)
        throw new Error(`seed ${seed}, share ${share}`);
    }
  });

  it('is the smaller of the two by default, and says which', () => {
    const rule = { kind: 'smaller-of', topShare: 0.05, listenersMin: 20 } as const;
    expect(
      threshold(
        new Map([
          [30, 1],
          [2, 99],
        ]),
        rule,
      ),
    ).toEqual({ value: 20, rule: 'min-listeners' });
    expect(
      threshold(
        new Map([
          [9, 5],
          [1, 95],
        ]),
        rule,
      ),
    ).toEqual({ value: 9, rule: 'share' });
  });

  it("counts the study's tables, the last row without an end", () => {
    const histogram = new Map([
      [1, 4],
      [5, 3],
      [49, 2],
      [50, 1],
      [900, 1],
    ]);
    expect(binned(histogram, TABLE_1_BINS).map(({ count }) => count)).toEqual([
      4, 3, 0, 0, 0, 2, 2,
    ]);
    expect(binned(histogram, TABLE_2_BINS).reduce((sum, { count }) => sum + count, 0)).toBe(
      total(histogram),
    );
    expect(binned(histogram, TABLE_1_BINS).at(-1)).toEqual({ from: 50, to: null, count: 2 });
  });
});
