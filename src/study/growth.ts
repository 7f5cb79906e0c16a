/** The study's extension: what a fit costs, and gives, by the size of the data. */
import { buildSparseRows } from '../als/interactions';
import type { Clock } from '../clock';
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { mulberry32 } from '../random';
import type { FittedModel } from './fitted-model';
import { type TuningOptions, tuningQuality, tuningSet } from './tuning';

export interface GrowthPoint {
  readonly model: string;
  readonly users: number;
  readonly pairs: number;
  readonly fitSeconds: number;
  readonly bytes: number | undefined;
  /** Of meanAveragePrecisionAt(100) over a sample of the part's own users. */
  readonly quality: number;
}

export interface GrowthModel {
  readonly name: string;
  readonly fit: (
    set: EvaluationSet,
  ) => Promise<{ readonly model: FittedModel; readonly bytes?: number }>;
}

/** Shares of the users, drawn once: each part holds the ones before it. The catalogue stays. */
export async function measureGrowth(
  set: EvaluationSet,
  models: readonly GrowthModel[],
  options: TuningOptions & { readonly shares: readonly number[]; readonly clock: Clock },
): Promise<GrowthPoint[]> {
  const points: GrowthPoint[] = [];
  const order = shuffledRows(set.plays.rows, options.seed);
  for (const share of options.shares) {
    const part = partOfUsers(set, order.slice(0, Math.max(1, Math.floor(share * order.length))));
    for (const { name, fit: make } of models) {
      options.signal?.throwIfAborted();
      const startMs = options.clock.monotonicMs();
      const { model, bytes } = await make(part);
      const fitSeconds = (options.clock.monotonicMs() - startMs) / 1000;
      const quality = await tuningQuality(model, tuningSet(part, options));
      const { rows: users, indices } = part.plays;
      points.push({ model: name, users, pairs: indices.length, fitSeconds, bytes, quality });
      options.onProgress(`${name} on ${users} users: ${fitSeconds.toFixed(1)} s`);
    }
  }
  return points;
}

function shuffledRows(rows: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const random = mulberry32(seed);
  for (let at = rows - 1; at > 0; at--) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

export function partOfUsers(set: EvaluationSet, rows: Int32Array): EvaluationSet {
  const { plays } = set;
  const kept = Int32Array.from(rows).sort();
  const triples = { users: [] as number[], items: [] as number[], plays: [] as number[] };
  kept.forEach((row, at) => {
    for (let e = plays.starts[row]!; e < plays.starts[row + 1]!; e++) {
      triples.users.push(at);
      triples.items.push(plays.indices[e]!);
      triples.plays.push(plays.values[e]!);
    }
  });
  const newRow = new Map(Array.from(kept, (row, at) => [row, at]));
  const evaluated = [...set.users.keys()].filter((at) => newRow.has(set.users[at]!));
  return {
    ...set,
    userIds: kept.map((row) => set.userIds[row]!),
    plays: buildSparseRows(kept.length, plays.columns, triples),
    events: { users: new Int32Array(0), items: new Int32Array(0), times: new Float64Array(0) },
    users: Int32Array.from(evaluated, (at) => newRow.get(set.users[at]!)!),
    targets: evaluated.map((at) => set.targets[at]!),
  };
}
