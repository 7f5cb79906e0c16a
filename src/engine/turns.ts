/** One database a slot: whoever uses it comes after those before, whatever they were. */
export class Turns {
  readonly #last = new Map<number, Promise<void>>();

  /** `use` begins when all earlier uses of the slot are over; it must not reject. */
  take(slot: number, use: () => Promise<void>): void {
    const turn = (this.#last.get(slot) ?? Promise.resolve()).then(use);
    this.#last.set(slot, turn);
    void turn.then(() => {
      if (this.#last.get(slot) === turn) this.#last.delete(slot);
    });
  }

  /** Resolves when nobody uses anything any more. */
  async over(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
