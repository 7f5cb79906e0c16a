/** Random numbers of one thread, and which items are known of a user. */

let state: u32 = 0;

/** Known items of each user, ascending: where they start, and the items. */
let starts: usize = 0;
let items: usize = 0;

export function setKnown(startsAt: usize, itemsAt: usize): void {
  starts = startsAt;
  items = itemsAt;
}

export function seedSampling(seed: u32): void {
  state = seed;
}

/**
 * Uniform in [0, bound): a linear congruential step, tempered as the Mersenne twister's output, 31 bits. It is the
 * generator of LightFM (rand_r of musl), so that one thread samples what LightFM samples.
 */
export function below(bound: i32): i32 {
  state = state * 1103515245 + 12345;
  let x = state;
  x ^= x >>> 11;
  x ^= (x << 7) & 0x9d2c5680;
  x ^= (x << 15) & 0xefc60000;
  x ^= x >>> 18;
  return <i32>(x >>> 1) % bound;
}

// @ts-ignore: decorator
@inline
export function knownStart(user: i32): i32 {
  return load<i32>(starts + ((<usize>user) << 2));
}

// @ts-ignore: decorator
@inline
export function knownItem(at: i32): i32 {
  return load<i32>(items + ((<usize>at) << 2));
}

export function isKnown(user: i32, item: i32): bool {
  let low = knownStart(user);
  let high = knownStart(user + 1);
  while (low < high) {
    const middle = (low + high) >> 1;
    const found = knownItem(middle);
    if (found == item) return true;
    if (found < item) low = middle + 1;
    else high = middle;
  }
  return false;
}
