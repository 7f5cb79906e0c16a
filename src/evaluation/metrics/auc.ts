/** Area under the ROC curve of one user: how often a target scores above an item that is none. */

/**
 * AUC = (Σ over pairs (target, other) of 1 if the target scores higher, ½ if equal) / number of pairs
 * (Mann and Whitney). Independent of any list length; 0.5 is chance. NaN without a pair. LightFM's
 * auc_score is the same with ties against the target.
 */
export function auc(targetScores: ArrayLike<number>, otherScores: ArrayLike<number>): number {
  const targets = Float64Array.from(targetScores).sort();
  const others = Float64Array.from(otherScores).sort();
  let below = 0;
  let notAbove = 0;
  let wins = 0;
  for (const score of targets) {
    while (below < others.length && others[below]! < score) below++;
    while (notAbove < others.length && others[notAbove]! <= score) notAbove++;
    wins += (below + notAbove) / 2;
  }
  return wins / (targets.length * others.length);
}
