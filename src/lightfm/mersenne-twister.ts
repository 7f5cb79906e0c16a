/**
 * The Mersenne twister MT19937 (Matsumoto and Nishimura 1998) with the draws of NumPy's RandomState. LightFM takes its
 * start, its orders and its seeds from there, so with it the same `randomState` gives the same model, up to rounding,
 * as Python's LightFM: the sharpest test of this one that there can be.
 */
import assert from 'node:assert';

const WORDS = 624;
const SHIFT = 397;
/** Number of words that `MersenneTwister` keeps: the state and the position in it. */
export const TWISTER_WORDS = WORDS + 1;

export class MersenneTwister {
  /** The state is kept in `words`, which may be shared memory; `seed` starts it anew. */
  constructor(readonly words: Uint32Array) {
    assert(words.length === TWISTER_WORDS, `a twister has ${TWISTER_WORDS} words`);
  }

  static seeded(seed: number): MersenneTwister {
    const twister = new MersenneTwister(new Uint32Array(TWISTER_WORDS));
    twister.seed(seed);
    return twister;
  }

  /** `seed`: 0 … 2³² − 1. */
  seed(seed: number): void {
    this.words[0] = seed;
    for (let k = 1; k < WORDS; k++) {
      const last = this.words[k - 1]!;
      this.words[k] = Math.imul(1812433253, last ^ (last >>> 30)) + k;
    }
    this.words[WORDS] = WORDS;
  }

  /** 32 random bits. */
  word(): number {
    if (this.words[WORDS]! >= WORDS) this.#turn();
    let x = this.words[this.words[WORDS]!++]!;
    x ^= x >>> 11;
    x ^= (x << 7) & 0x9d2c5680;
    x ^= (x << 15) & 0xefc60000;
    x ^= x >>> 18;
    return x >>> 0;
  }

  /** Uniform in [0, 1), 53 bits: `RandomState.rand`. */
  unit(): number {
    const high = this.word() >>> 5;
    const low = this.word() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  /** Uniform in 0 … max by rejection: `RandomState.randint(0, max + 1)` for max < 2³² − 1. */
  upTo(max: number): number {
    if (max === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(max);
    for (;;) {
      const value = (this.word() & mask) >>> 0;
      if (value <= max) return value;
    }
  }

  /** `RandomState.shuffle`. */
  shuffle(values: Int32Array): void {
    for (let last = values.length - 1; last > 0; last--) {
      const at = this.upTo(last);
      const value = values[last]!;
      values[last] = values[at]!;
      values[at] = value;
    }
  }

  #turn(): void {
    const { words } = this;
    for (let k = 0; k < WORDS; k++) {
      const mixed = (words[k]! & 0x80000000) | (words[(k + 1) % WORDS]! & 0x7fffffff);
      const twist = (mixed & 1) === 0 ? 0 : 0x9908b0df;
      words[k] = words[(k + SHIFT) % WORDS]! ^ (mixed >>> 1) ^ twist;
    }
    words[WORDS] = 0;
  }
}
