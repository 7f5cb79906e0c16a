/**
 * The candidates of one list while a search runs: the n-th largest lower bound seen so far is a score
 * that the list surely reaches, so whoever cannot reach it is out.
 */

export class Shortlist {
  /** Min-heap of the n largest lower bounds. */
  #bounds = new Float64Array(0);
  #filled = 0;
  #n = 0;
  #positions = new Int32Array(256);
  #uppers = new Float64Array(256);
  #count = 0;

  start(n: number): void {
    if (this.#bounds.length < n) this.#bounds = new Float64Array(n);
    this.#n = n;
    this.#filled = 0;
    this.#count = 0;
  }

  /** A score below this cannot be in the list. */
  get threshold(): number {
    return this.#filled < this.#n ? -Infinity : this.#bounds[0]!;
  }

  offer(position: number, lower: number, upper: number): void {
    if (this.#filled === this.#n) {
      if (upper < this.#bounds[0]!) return;
      if (lower > this.#bounds[0]!) this.#replaceSmallest(lower);
    } else this.#add(lower);
    if (this.#count === this.#positions.length) this.#grow();
    this.#positions[this.#count] = position;
    this.#uppers[this.#count++] = upper;
  }

  /** Positions that may still be in the list; a view that the next search overwrites. */
  survivors(): Int32Array {
    const threshold = this.threshold;
    let kept = 0;
    for (let c = 0; c < this.#count; c++)
      if (this.#uppers[c]! >= threshold) this.#positions[kept++] = this.#positions[c]!;
    this.#count = 0;
    return this.#positions.subarray(0, kept);
  }

  #grow(): void {
    const positions = new Int32Array(this.#count * 2);
    positions.set(this.#positions);
    this.#positions = positions;
    const uppers = new Float64Array(this.#count * 2);
    uppers.set(this.#uppers);
    this.#uppers = uppers;
  }

  #add(bound: number): void {
    const heap = this.#bounds;
    let at = this.#filled++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]! <= bound) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = bound;
  }

  #replaceSmallest(bound: number): void {
    const heap = this.#bounds;
    const size = this.#filled;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
      if (heap[child]! >= bound) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = bound;
  }
}
