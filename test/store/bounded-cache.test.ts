import { mulberry32 } from '../../src/random';
import { BoundedCache } from '../../src/store/bounded-cache';

describe('a bounded cache', () => {
  it('answers what was last set, or nothing, and never holds more than it may', () => {
    const seed = Math.floor(Math.random() * 1e9);
    const random = mulberry32(seed);
    const cache = new BoundedCache<number>(1000);
    const truth = new Map<string, number>();
    for (let turn = 0; turn < 20_000; turn++) {
      const key = `key-${random.below(60)}`;
      const roll = random.next();
      if (roll < 0.5) {
        const found = cache.get(key);
        if (found !== undefined) expect({ seed, found }).toEqual({ seed, found: truth.get(key) });
      } else if (roll < 0.9) {
        truth.set(key, turn);
        cache.set(key, turn, 1 + random.below(600));
      } else {
        truth.delete(key);
        cache.delete(key);
      }
      if (cache.bytes > 1000) throw new Error(`seed ${seed}: ${cache.bytes} bytes in turn ${turn}`);
    }
    expect(cache.hits).toBeGreaterThan(0);
    expect(cache.misses).toBeGreaterThan(0);
  });

  it('keeps what is read again and again, however much passes through', () => {
    const cache = new BoundedCache<string>(1000);
    cache.set('dear', 'value', 100);
    for (let number = 0; number < 100; number++) {
      cache.set(`other-${number}`, 'value', 100);
      expect(cache.get('dear')).toBe('value');
    }
  });

  it('forgets an old value that is replaced by one too large to keep', () => {
    const cache = new BoundedCache<string>(1000);
    cache.set('key', 'small', 10);
    cache.set('key', 'large', 5000);
    expect(cache.get('key')).toBeUndefined();
    expect(cache.bytes).toBe(0);
  });

  it('holds nothing with no room at all', () => {
    const cache = new BoundedCache<string>(0);
    cache.set('key', 'value', 1);
    expect(cache.get('key')).toBeUndefined();
  });

  it('is empty after a clearing', () => {
    const cache = new BoundedCache<string>(1000);
    cache.set('key', 'value', 10);
    cache.clear();
    expect(cache.bytes).toBe(0);
    expect(cache.get('key')).toBeUndefined();
  });
});
