import fc from 'fast-check';
import { mulberry32, type Random } from '../../../src/random';
import { EventQueue } from '../../../streams/simulator/event-queue';
import {
  drawLength,
  drawRank,
  drawWait,
  proportionalStarts,
} from '../../../streams/simulator/power-law';

const constant = (value: number): Random => ({ next: () => value, below: () => 0 });

describe('drawRank', () => {
  it('stays in [0, count), whatever comes', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        fc.integer({ min: 1, max: 10_000_000 }),
        fc.constantFrom(0, 0.5, 0.7, 1, 1.1, 2),
        (u, count, exponent) => {
          const rank = drawRank(constant(u), count, exponent);
          expect(Number.isInteger(rank) && rank >= 0 && rank < count).toBe(true);
        },
      ),
    );
  });

  it.each([0.7, 1, 1.1])('falls off as a power law with exponent %d', (exponent) => {
    const random = mulberry32(5);
    const counts = new Uint32Array(1000);
    for (let draw = 0; draw < 200_000; draw++) {
      const rank = drawRank(random, 1000, exponent);
      counts[rank] = (counts[rank] as number) + 1;
    }
    const sum = (from: number, to: number) =>
      counts.subarray(from, to).reduce((all, one) => all + one, 0);
    // Ranks 9 to 98 against 99 to 998 in the continuous law on [10, 100) and [100, 1000).
    const integral = (a: number, b: number) =>
      exponent === 1
        ? Math.log(b / a)
        : (b ** (1 - exponent) - a ** (1 - exponent)) / (1 - exponent);
    const expected = integral(10, 100) / integral(100, 1000);
    expect(sum(9, 99) / sum(99, 999) / expected).toBeCloseTo(1, 1);
  });
});

describe('drawLength and drawWait', () => {
  it('have the mean asked for', () => {
    const random = mulberry32(6);
    const mean = (draw: () => number): number => {
      let sum = 0;
      for (let count = 0; count < 50_000; count++) sum += draw();
      return sum / 50_000;
    };
    expect(mean(() => drawLength(random, 10)) / 10).toBeCloseTo(1, 1);
    expect(mean(() => drawLength(random, 1))).toBe(1);
    expect(mean(() => drawWait(random, 300)) / 300).toBeCloseTo(1, 1);
  });
});

describe('proportionalStarts', () => {
  it('gives every weight a part of at least 1, in proportion, and all of the total', () => {
    const starts = proportionalStarts(Float64Array.of(1, 8, 1), 103);
    expect([...starts]).toEqual([0, 11, 92, 103]);
    expect([...proportionalStarts(Float64Array.of(1, 1000), 2)]).toEqual([0, 1, 2]);
  });
});

describe('EventQueue', () => {
  it('gives whoever is next, as sorting would', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 40 }),
        fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 100 }),
        (first, gaps) => {
          const queue = new EventQueue(Float64Array.from(first));
          const times = [...first];
          for (const gap of gaps) {
            expect(queue.time).toBe(Math.min(...times));
            expect(times[queue.user]).toBe(queue.time);
            times[queue.user] = queue.time + gap;
            queue.postpone(queue.time + gap);
          }
        },
      ),
    );
  });
});
