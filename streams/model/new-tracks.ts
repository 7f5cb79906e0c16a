/**
 * What every process knows of tracks that came in after the training: which are asked for, and the factors that
 * generations have got for them. Both topics have a single partition, so all processes see one order.
 */
import type { ItemAddition, NewTrack } from '../../schemas/records';

/** So many a generation, and so many asked for; further ones wait for the next retrain. */
export const NEW_TRACKS_MAX = 10_000;

/** An addition and where it stands on its topic: a list names the offset up to which its model had taken them. */
export interface TakenAddition {
  readonly offset: number;
  readonly addition: ItemAddition;
}

/**
 * A key of its own for every addition: `answeredAt` is the offset of the answer that completed it. Under one key for a
 * question, a second answer to it would let compaction take away what lists were made with.
 */
export function additionKey(
  { generation, track_id, asked }: ItemAddition,
  answeredAt: number,
): string {
  return `${answerOf(generation, track_id, asked)}/${answeredAt}`;
}

function answerOf(generation: number, trackId: string, asked: number): string {
  return `${generation}/${trackId}/${asked}`;
}

/** The generation that the key of an addition names. */
export function generationOfAddition(key: string): number {
  return Number(key.split('/')[0]);
}

export class NewTracks {
  readonly #asked = new Map<string, NewTrack>();
  /** Track ids whose question has no answer yet. */
  readonly #waiting = new Set<string>();
  /** Questions that have an answer, whatever became of them since. */
  readonly #answered = new Set<string>();
  readonly #additions = new Map<number, Map<string, TakenAddition>>();

  /** The last question about a track, answered or not. */
  asked(trackId: string): NewTrack | undefined {
    return this.#asked.get(trackId);
  }

  get size(): number {
    return this.#asked.size;
  }

  askedTracks(): Iterable<readonly [string, NewTrack]> {
    return this.#asked;
  }

  /** Questions of a generation without an answer. */
  *waiting(generation: number): Generator<readonly [string, NewTrack]> {
    for (const trackId of this.#waiting) {
      const question = this.#asked.get(trackId)!;
      if (question.generation === generation) yield [trackId, question];
    }
  }

  isWaiting(trackId: string): boolean {
    return this.#waiting.has(trackId);
  }

  /** In the order of their topic. */
  additionsOf(generation: number): Iterable<TakenAddition> {
    return this.#additions.get(generation)?.values() ?? [];
  }

  applyQuestion(trackId: string, question: NewTrack | null): void {
    this.#waiting.delete(trackId);
    if (question === null) {
      this.#asked.delete(trackId);
      return;
    }
    this.#asked.set(trackId, question);
    const { generation, users } = question;
    if (!this.#answered.has(answerOf(generation, trackId, users.length)))
      this.#waiting.add(trackId);
  }

  applyAddition(key: string, addition: ItemAddition | null, offset: number): void {
    const generation = generationOfAddition(key);
    if (addition === null) {
      this.#forget(generation, key);
      return;
    }
    const known = this.#additions.get(generation) ?? new Map<string, TakenAddition>();
    // One that is written again stands where it stands on its topic now, not where it stood first.
    known.delete(key);
    known.set(key, { offset, addition });
    this.#additions.set(generation, known);
    this.#answered.add(answerOf(generation, addition.track_id, addition.asked));
    const question = this.#asked.get(addition.track_id);
    if (question?.generation === generation && question.users.length <= addition.asked)
      this.#waiting.delete(addition.track_id);
  }

  #forget(generation: number, key: string): void {
    const known = this.#additions.get(generation);
    const forgotten = known?.get(key)?.addition;
    if (known === undefined || forgotten === undefined) return;
    known.delete(key);
    this.#answered.delete(answerOf(generation, forgotten.track_id, forgotten.asked));
    if (known.size === 0) this.#additions.delete(generation);
  }
}
