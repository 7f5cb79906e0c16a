/** One commit at a time, behind the back of the step being filled. What it fails with surfaces where it is asked for. */
export class BackgroundCommit {
  #running: Promise<void> | undefined;
  #error: unknown;

  /** `onEnd`: after each commit, whatever became of it. */
  constructor(private readonly onEnd: () => void) {}

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** What the last commit failed with, until `forget`. */
  get error(): unknown {
    return this.#error;
  }

  /** Only while none is running. */
  start(commit: () => Promise<void>): void {
    this.#running = this.#run(commit);
  }

  /** Waits for the commit under way, if any, and throws what it failed with. */
  async settled(): Promise<void> {
    await this.#running;
    if (this.#error !== undefined) throw this.#error;
  }

  /** Waits for the commit under way, if any; its failure is over and done with. */
  async forget(): Promise<void> {
    await this.#running;
    this.#error = undefined;
  }

  async #run(commit: () => Promise<void>): Promise<void> {
    try {
      await commit();
    } catch (error) {
      this.#error = error ?? new Error('a commit failed without a reason');
    }
    this.#running = undefined;
    this.onEnd();
  }
}
