/**
 * Start vectors: uniform in ±scale, by mulberry32 seeded per row, so they do not depend on who fills which row. A
 * small part is common to all: with it the first half step finds what is popular with everybody at once.
 */

const COMMON: f32 = 0.1;

// @ts-ignore: decorator
@inline
function mix(state: u32): u32 {
  let t = (state ^ (state >>> 15)) * (1 | state);
  t = (t + (t ^ (t >>> 7)) * (61 | t)) ^ t;
  return t ^ (t >>> 14);
}

/** Fills `used` of `stride` floats of each row; the padding stays zero. */
export function startRows(
  rows: usize,
  first: i32,
  count: i32,
  used: i32,
  stride: i32,
  seed: u32,
  scale: f32,
): void {
  for (let r = 0; r < count; r++) {
    let state = mix(seed + 0x6d2b79f5) ^ mix(<u32>(first + r) * 0x9e3779b9 + 1);
    const row = rows + ((<usize>(r * stride)) << 2);
    for (let k = 0; k < used; k++) {
      state += 0x6d2b79f5;
      const unit = <f32>(mix(state) >>> 8) * (1.0 / 8388608.0) - 1.0;
      store<f32>(row + ((<usize>k) << 2), (unit + COMMON) * scale);
    }
  }
}
