/** A programmer's error: crashes, so that tests and the simulator find it. Never for input or the outside world. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${what}`);
}
