/** A kind of damage: what it is called, what has to come of it, and doing it. */
import type { Random } from '../../src/random';
import type { Arena } from './arena';

export interface Fault {
  readonly name: string;
  /** For the report. */
  readonly expected: string;
  /**
   * Does the damage and mends what is to be mended from outside; what was not as expected, as sentences. The campaign
   * then measures how long it takes until everything is processed again.
   */
  inflict(arena: Arena, random: Random): Promise<readonly string[]>;
}

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)]!;
}

export function shuffled<T>(from: readonly T[], random: Random): T[] {
  const left = [...from];
  return from.map(() => left.splice(random.below(left.length), 1)[0]!);
}

/** The sentence, unless one of the texts holds what is looked for. */
export function unlessSaid(pattern: RegExp, texts: readonly string[]): readonly string[] {
  return texts.some((text) => pattern.test(text)) ? [] : [`nobody said ${pattern}`];
}
