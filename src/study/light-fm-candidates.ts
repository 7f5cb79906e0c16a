/** LightFM in a study: the study's own setting, the losses beside each other, and items with their artist as a feature. */
import type { SparseRows } from '../als/model';
import type { EvaluationSet } from '../evaluation/evaluation-set';
import { layOutFit } from '../lightfm/fit-memory';
import { LightFm } from '../lightfm/light-fm';
import { type LightFmOptions, lightFmOptions } from '../lightfm/light-fm-options';
import { type FittedModel, factorModel } from './fitted-model';
import { EarlyStop, type TuningOptions, tuningQuality, tuningSet } from './tuning';

export interface LightFmCandidate {
  readonly id: string;
  readonly name: string;
  readonly options: Partial<LightFmOptions>;
  readonly epochsMax: number;
  /** Trained for all its epochs, whatever the validation part says. */
  readonly isFixed?: boolean;
  /** Items are known by their artist, too. */
  readonly withArtists?: boolean;
}

/** As the study's notebook has it: k-OS WARP, everything else as it comes. */
export const STUDY_LIGHT_FM: LightFmCandidate = {
  id: 'lightfm-study',
  name: "LightFM, the study's setting (k-OS WARP, 10 components)",
  options: { loss: 'warp-kos' },
  epochsMax: 10,
  isFixed: true,
};

export function lightFmCandidates(components: number, epochsMax: number): LightFmCandidate[] {
  const common = { noComponents: components };
  const candidate = (id: string, name: string, options: Partial<LightFmOptions>) => ({
    id: `lightfm-${id}`,
    name: `LightFM ${name}, ${components} components`,
    options: { ...common, ...options },
    epochsMax,
  });
  const warp = {
    loss: 'warp',
    learningRate: 0.03,
    maxSampled: 100,
    itemAlpha: 1e-4,
    userAlpha: 1e-4,
  } as const;
  return [
    STUDY_LIGHT_FM,
    candidate('warp', 'WARP', warp),
    candidate('kos', 'k-OS WARP', { loss: 'warp-kos', learningRate: 0.03, maxSampled: 100 }),
    candidate('bpr', 'BPR', { loss: 'bpr' }),
    candidate('logistic', 'logistic', { loss: 'logistic' }),
    { ...candidate('artists', 'WARP with artists', warp), withArtists: true },
  ];
}

export interface TunedLightFm {
  readonly epochs: number;
  readonly quality: number;
  readonly curve: readonly (readonly [number, number])[];
}

const EVERY = 5;

export async function tuneLightFm(
  validation: EvaluationSet,
  candidate: LightFmCandidate,
  options: TuningOptions & { readonly itemFeatures?: SparseRows | undefined },
): Promise<TunedLightFm> {
  const { threads, seed, signal, itemFeatures } = options;
  const set = tuningSet(validation, options);
  const stop = new EarlyStop<undefined>();
  const model = new LightFm({ ...candidate.options, randomState: seed });
  await model.fit(set.plays, {
    epochs: candidate.epochsMax,
    threads,
    itemFeatures,
    signal,
    onEpoch: async ({ epoch }) => {
      if (epoch % EVERY !== 0 && epoch !== candidate.epochsMax) return 'continue';
      const quality = await tuningQuality(modelOf(model, itemFeatures, threads), set);
      const word = stop.take(epoch, quality, () => undefined);
      return candidate.isFixed ? 'continue' : word;
    },
  });
  const last = stop.curve.at(-1)!;
  const best = candidate.isFixed ? { epoch: last[0], quality: last[1] } : stop.best!;
  return { epochs: best.epoch, quality: best.quality, curve: stop.curve };
}

export interface LightFmFit {
  readonly epochs: number;
  readonly threads: number;
  readonly seed: number;
  readonly itemFeatures?: SparseRows | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function fitStudyLightFm(
  set: EvaluationSet,
  given: Partial<LightFmOptions>,
  { epochs, threads, seed, itemFeatures, signal }: LightFmFit,
): Promise<{ readonly model: FittedModel; readonly bytes: number }> {
  const options = { ...given, randomState: seed };
  const model = new LightFm(options);
  await model.fit(set.plays, { epochs, threads, itemFeatures, signal });
  const data = { interactions: set.plays, userFeatures: undefined, itemFeatures };
  const { bytes } = layOutFit(
    { ...data, sampleWeight: undefined },
    lightFmOptions(options),
    threads,
  );
  return { model: modelOf(model, itemFeatures, threads), bytes };
}

function modelOf(model: LightFm, itemFeatures: SparseRows | undefined, threads: number) {
  const factors = model.rankingFactors({ itemFeatures });
  // Of a user it has not learnt from the model knows nothing: what is left is the items' own bias.
  const newUsers = ({ plays }: EvaluationSet) => {
    const { columns } = factors.itemFactors;
    const values = new Float32Array(plays.rows * columns);
    for (let row = 0; row < plays.rows; row++) values[row * columns + columns - 1] = 1;
    return { rows: plays.rows, columns, values };
  };
  return factorModel(factors, newUsers, threads);
}

/** Each item is a feature of its own, and its group (−1: none) is another. */
export function groupFeatures(groups: Int32Array): SparseRows {
  const groupCount = groups.reduce((most, group) => Math.max(most, group + 1), 0);
  const starts = new Uint32Array(groups.length + 1);
  const indices: number[] = [];
  groups.forEach((group, item) => {
    indices.push(item);
    if (group >= 0) indices.push(groups.length + group);
    starts[item + 1] = indices.length;
  });
  return {
    rows: groups.length,
    columns: groups.length + groupCount,
    starts,
    indices: Int32Array.from(indices),
    values: new Float32Array(indices.length).fill(1),
  };
}
