/**
 * Where the threads of a training run meet: a barrier, a counter that hands out work, and a question to the main
 * thread, on a few shared integers.
 */

const ARRIVED = 0;
const ROUND = 1;
const CURSOR = 2;
const ANSWER = 3;
const STOP = 4;

const ANSWER_PENDING = 0;
const ANSWER_GIVEN = 1;

/** A barrier is usually met within microseconds; sleeping and waking costs fifty. */
const SPINS_MAX = 20_000;

export class Rendezvous {
  readonly #words: Int32Array<ArrayBufferLike>;
  readonly #threads: number;

  constructor(buffer: ArrayBufferLike, at: number, threads: number) {
    this.#words = new Int32Array(buffer, at, 8);
    this.#threads = threads;
  }

  /** Waits for all threads; the work counter starts anew. False where the run is to stop. */
  meet(): boolean {
    const words = this.#words;
    const round = Atomics.load(words, ROUND);
    if (Atomics.add(words, ARRIVED, 1) + 1 === this.#threads) {
      Atomics.store(words, ARRIVED, 0);
      Atomics.store(words, CURSOR, 0);
      Atomics.add(words, ROUND, 1);
      Atomics.notify(words, ROUND);
    } else {
      this.#awaitChange(ROUND, round);
    }
    return Atomics.load(words, STOP) === 0;
  }

  /** The next piece of work that nobody has. */
  claim(): number {
    return Atomics.add(this.#words, CURSOR, 1);
  }

  /** Puts a question to the main thread and waits until `answer` is called there. */
  ask(question: () => void): void {
    Atomics.store(this.#words, ANSWER, ANSWER_PENDING);
    question();
    this.#awaitChange(ANSWER, ANSWER_PENDING);
  }

  /** Main thread: lets the run go on, or stop at its next meeting. */
  answer(decision: 'continue' | 'stop'): void {
    if (decision === 'stop') Atomics.store(this.#words, STOP, 1);
    Atomics.store(this.#words, ANSWER, ANSWER_GIVEN);
    Atomics.notify(this.#words, ANSWER);
  }

  #awaitChange(word: number, from: number): void {
    for (let spin = 0; spin < SPINS_MAX; spin++) {
      if (Atomics.load(this.#words, word) !== from) return;
    }
    while (Atomics.load(this.#words, word) === from) Atomics.wait(this.#words, word, from);
  }
}
