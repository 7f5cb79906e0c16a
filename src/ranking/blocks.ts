/** The blocks of positions in which an index is searched: after each the search may end, or know better what it needs. */

/** Positions that one call of a kernel covers at most. */
export const BLOCK_POSITIONS = 8192;

/** Blocks begin and end at multiples of this: two panels of sixteen. */
export const PANEL_STEP = 32;

/** Sizes of blocks: small while the threshold rises fast, then as large as a kernel takes. */
export function blockEnd(from: number, n: number, positions: number): number {
  const size = Math.max(64, from === 0 ? n : from / 2);
  const rounded = Math.ceil(size / PANEL_STEP) * PANEL_STEP;
  return Math.min(positions, from + Math.min(BLOCK_POSITIONS, rounded));
}
