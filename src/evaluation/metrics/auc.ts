/** Area under the ROC curve of one user: how often a target scores above an item that is none. */

/**
 * AUC = (Σ over pairs (target, other) of 1 if the target scores higher, ½ if equal) / number of pairs
 * (Mann and Whitney). Independent of any list length; 0.5 is chance. NaN without a pair. LightFM's
 * auc_score is the same with ties against the target.
 */
export function auc(targetScores: ArrayLike<number>, otherScores: ArrayLike<number>): number {
  const targets = Float64Array.from(targetScores).sort();
  const count = targets.length;
  let wins = 0;
  // Targets are few, so that looking each other item up among them is cheaper than sorting the catalogue.
  for (let at = 0; at < otherScores.length; at++) {
    const score = otherScores[at]!;
    const notBelow = lowerBound(targets, score);
    let above = notBelow;
    while (above < count && targets[above] === score) above++;
    wins += count - (above + notBelow) / 2;
  }
  return wins / (count * otherScores.length);
}

/** Position of the first value that is not below `wanted`. */
function lowerBound(sorted: Float64Array, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
