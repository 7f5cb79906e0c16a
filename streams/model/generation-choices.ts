/** Which generation a decision falls on: the next number, what stays, what answers a request, where a way back leads. */
import type { Model } from '../../schemas/records';
import { SegueError } from '../../src/errors';
import type { ModelDirectory } from './load-model';

/** Generations whose blocks stay, the serving ones apart. */
const KEPT_GENERATIONS = 3;

/** Generations whose factors stay: the newest, the reigning one, and the last ones before. */
export function keptGenerations(directory: ModelDirectory, newest: Model): Model[] {
  const others = directory.manifests.filter(
    ({ blocks, generation }) => blocks > 0 && generation !== newest.generation,
  );
  const kept = [...others.slice(-(KEPT_GENERATIONS - 1)), newest];
  for (const serving of [directory.promoted, directory.challenger])
    if (serving !== undefined) kept.push(serving);
  return kept;
}

/** True for a candidate that only lacks its promotion. */
export function isLeftOver(newest: Model | undefined): newest is Model {
  return newest?.state === 'CANDIDATE' && newest.blocks > 0;
}

/** The manifest that answers the request which `manifest` would answer, a later request's included. */
export function answerIn(directory: ModelDirectory, manifest: Model): Model | undefined {
  return directory.manifests.find(
    ({ request_offset, state }) =>
      request_offset >= manifest.request_offset && state !== 'CANDIDATE',
  );
}

export function nextGeneration({ manifests }: ModelDirectory): number {
  return (manifests.at(-1)?.generation ?? 0) + 1;
}

export function noChallenger(): SegueError {
  return new SegueError(
    'MODEL_UNKNOWN',
    'expected a challenger, there is none; `segue models` shows what there is, --challenger-share makes the next one',
  );
}

/** The generation asked for, or the newest usable one before the reigning. */
export function rollbackTarget(directory: ModelDirectory, generation: number | undefined): Model {
  const reigning = directory.promoted;
  const usable = directory.manifests.filter(
    ({ blocks, generation: one }) => blocks > 0 && one !== reigning?.generation,
  );
  const target =
    generation === undefined
      ? usable
          .filter((one) => reigning === undefined || one.generation < reigning.generation)
          .at(-1)
      : [...usable, ...(reigning === undefined ? [] : [reigning])].find(
          (one) => one.generation === generation,
        );
  if (target !== undefined) return target;
  const known = usable.map((one) => one.generation).join(', ') || 'none';
  throw new SegueError(
    'MODEL_UNKNOWN',
    `expected a generation whose factors are kept, got ${generation ?? 'none to go back to'}; kept beside the serving one: ${known}`,
  );
}
