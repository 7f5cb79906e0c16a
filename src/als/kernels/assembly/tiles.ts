/**
 * Products of 64 × 64 tiles (row-major float32), the one operation that the inversion of a large matrix spends its
 * time in. Four rows by eight columns at a time stay in registers.
 */

const ROW: usize = 256;

/** out −= left · right */
export function subtractTileProduct(out: usize, left: usize, right: usize): void {
  for (let i: usize = 0; i < 64; i += 4) {
    const l0 = left + i * ROW;
    const l1 = l0 + ROW;
    const l2 = l1 + ROW;
    const l3 = l2 + ROW;
    for (let j: usize = 0; j < ROW; j += 32) {
      const o0 = out + i * ROW + j;
      const o1 = o0 + ROW;
      const o2 = o1 + ROW;
      const o3 = o2 + ROW;
      let a0 = v128.load(o0), b0 = v128.load(o0, 16);
      let a1 = v128.load(o1), b1 = v128.load(o1, 16);
      let a2 = v128.load(o2), b2 = v128.load(o2, 16);
      let a3 = v128.load(o3), b3 = v128.load(o3, 16);
      let r = right + j;
      for (let p: usize = 0; p < ROW; p += 4) {
        const x = v128.load(r);
        const y = v128.load(r, 16);
        let l = v128.load32_splat(l0 + p);
        a0 = f32x4.sub(a0, f32x4.mul(l, x));
        b0 = f32x4.sub(b0, f32x4.mul(l, y));
        l = v128.load32_splat(l1 + p);
        a1 = f32x4.sub(a1, f32x4.mul(l, x));
        b1 = f32x4.sub(b1, f32x4.mul(l, y));
        l = v128.load32_splat(l2 + p);
        a2 = f32x4.sub(a2, f32x4.mul(l, x));
        b2 = f32x4.sub(b2, f32x4.mul(l, y));
        l = v128.load32_splat(l3 + p);
        a3 = f32x4.sub(a3, f32x4.mul(l, x));
        b3 = f32x4.sub(b3, f32x4.mul(l, y));
        r += ROW;
      }
      v128.store(o0, a0);
      v128.store(o0, b0, 16);
      v128.store(o1, a1);
      v128.store(o1, b1, 16);
      v128.store(o2, a2);
      v128.store(o2, b2, 16);
      v128.store(o3, a3);
      v128.store(o3, b3, 16);
    }
  }
}

export function transposeTile(out: usize, from: usize): void {
  for (let i: usize = 0; i < 64; i++) {
    for (let j: usize = 0; j < 64; j++) {
      store<f32>(out + j * ROW + (i << 2), load<f32>(from + i * ROW + (j << 2)));
    }
  }
}
