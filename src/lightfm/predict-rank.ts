/** At which place of a user's ranking given items stand: LightFM's predict_rank. */
import type { SparseRows } from '../als/model';
import { type Representations, scoreOf } from './representations';

/**
 * One value an entry of `test`, in its order: how many other items score at least as high; 0 is the best place. Items of
 * the user's row of `train` do not count.
 */
export function predictRank(
  users: Representations,
  items: Representations,
  test: SparseRows,
  train: SparseRows | undefined,
): Float32Array {
  const ranks = new Float32Array(test.indices.length);
  const isKnown = new Uint8Array(test.columns);
  for (let user = 0; user < test.rows; user++) {
    const [from, to] = [test.starts[user]!, test.starts[user + 1]!];
    if (from === to) continue;
    const known = train?.indices.subarray(train.starts[user]!, train.starts[user + 1]!) ?? [];
    for (const item of known) isKnown[item] = 1;
    const asked = test.indices.subarray(from, to);
    const scores = Float32Array.from(asked, (item) => scoreOf(users, user, items, item));
    for (let item = 0; item < test.columns; item++) {
      if (isKnown[item]) continue;
      const score = Math.fround(scoreOf(users, user, items, item));
      for (let at = 0; at < asked.length; at++)
        if (item !== asked[at] && score >= scores[at]!) ranks[from + at]! += 1;
    }
    for (const item of known) isKnown[item] = 0;
  }
  return ranks;
}
