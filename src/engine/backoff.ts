/** Waits that grow with each failure in a row, and begin anew once something has succeeded. */
export interface BackoffLimits {
  readonly firstMs: number;
  readonly factor: number;
  readonly maxMs: number;
}

export class Backoff {
  #nextMs: number;

  constructor(private readonly limits: BackoffLimits) {
    this.#nextMs = limits.firstMs;
  }

  next(): number {
    const delayMs = this.#nextMs;
    this.#nextMs = Math.min(delayMs * this.limits.factor, this.limits.maxMs);
    return delayMs;
  }

  reset(): void {
    this.#nextMs = this.limits.firstMs;
  }
}
