/** How far from the mainstream a list is. */

/**
 * Mean self-information of the first k items: −log₂(users of the item in training / all users), in
 * bits (Zhou et al. 2010). An item without users counts as if it had one. Negative items end a list.
 */
export function novelty(
  list: ArrayLike<number>,
  itemUsers: ArrayLike<number>,
  users: number,
  k: number,
): number {
  let bits = 0;
  let places = 0;
  for (; places < Math.min(k, list.length) && list[places]! >= 0; places++)
    bits -= Math.log2(Math.max(1, itemUsers[list[places]!]!) / users);
  return places === 0 ? 0 : bits / places;
}
