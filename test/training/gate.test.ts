import { decide, type GateInput, type RivalQuality } from '../../src/training/gate';

const LIMITS = { tolerance: 0.02, usersMin: 20 };

function quality(ndcg20: number, ndcg20Error = 0.005, users = 500) {
  return { ndcg20, ndcg20Error, recall20: 0.2, recall100: 0.4, users };
}

function passes(
  candidate: number,
  reigning: RivalQuality | undefined,
  more: Partial<GateInput> = {},
): boolean {
  const input = {
    ...{ candidate: quality(candidate), popular: quality(0.02), reigningHasSeen: false },
    ...(reigning === undefined ? {} : { reigning }),
    ...more,
  };
  return decide(input, LIMITS).passed;
}

describe('a candidate', () => {
  it('passes beside nothing, and never below the popular list', () => {
    expect(passes(0.03, undefined)).toBe(true);
    expect(passes(0.0197, undefined)).toBe(true);
    expect(passes(0.0195, undefined)).toBe(false);
  });

  it('may be worse than a rival on the same items by the tolerance', () => {
    expect(passes(0.0981, quality(0.1))).toBe(true);
    expect(passes(0.0979, quality(0.1))).toBe(false);
  });

  it('may be worse than what its rival reached on other items by two standard errors more', () => {
    const more = { reigningHasSeen: true };
    const least = 0.098 - 2 * Math.hypot(0.005, 0.005);
    expect(passes(least + 0.0001, quality(0.1), more)).toBe(true);
    expect(passes(least - 0.0001, quality(0.1), more)).toBe(false);
  });

  it('is not held against figures of too few users', () => {
    expect(passes(0.03, quality(0.5, 0.005, 19), { reigningHasSeen: true })).toBe(true);
    expect(passes(0.001, quality(0.5), { candidate: quality(0.001, 0.005, 19) })).toBe(true);
  });

  it('is told with what it was held against', () => {
    const input = {
      ...{ candidate: quality(0.05), popular: quality(0.02) },
      ...{ reigning: quality(0.1, 0.005, 400), reigningHasSeen: true },
    };
    const { reigning: _, ...alone } = input;
    expect(decide(alone, LIMITS).note).toMatch(/popular 0.0200, reigning not comparable/);
    expect(decide(input, LIMITS).note).toBe(
      'worse than the reigning generation; NDCG@20 on held-out first plays of 500 users: ' +
        'candidate 0.0500, popular 0.0200, reigning 0.1000 (as a candidate, 400 users)',
    );
  });
});
