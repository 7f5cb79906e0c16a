/** Texts and bytes as the streams that readers take. */

/** `bytes` in pieces of `size`; the whole in one where absent. */
export async function* inChunks(bytes: Buffer | string, size?: number): AsyncIterable<Buffer> {
  const whole = Buffer.from(bytes as string);
  const step = size ?? Math.max(1, whole.length);
  for (let at = 0; at < whole.length; at += step) yield whole.subarray(at, at + step);
}

export async function flattened<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}
