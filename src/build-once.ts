/** Folders that are made once and kept: built aside and renamed into place, so that half a one is never taken for it. */
import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';

/** Answers `target`, which `build` makes where it is missing; a concurrent second builder loses quietly. */
export async function buildOnce(
  target: string,
  build: (aside: string) => Promise<void>,
): Promise<string> {
  if (existsSync(target)) return target;
  const aside = mkdtempSync(`${target}-`);
  try {
    await build(aside);
    try {
      renameSync(aside, target);
    } catch (error) {
      if (!existsSync(target)) throw error;
    }
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
  return target;
}
