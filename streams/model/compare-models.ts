/** A candidate beside what it would replace: quality on the same held-out listens, and how many lists would change. */
import type { Model } from '../../schemas/records';
import type { AlsModel } from '../../src/als/model';
import { type Churn, listChurn } from '../../src/training/churn';
import type { GateInput, RivalQuality } from '../../src/training/gate';
import {
  type HoldoutModel,
  type HoldoutQuality,
  holdoutQuality,
  popularityQuality,
} from '../../src/training/holdout-quality';
import type { Holdout } from '../../src/training/training-data';
import type { ModelTrack, ServingModel } from './serving-model';

/** Enough for a figure to the percent, and a second of work at most. */
const CHURN_USERS_MAX = 500;

export type Rivals = Omit<GateInput, 'candidate'>;

/** The model that serves, with its additions, in terms of the data's items. */
export function reigningModel(
  reigning: ServingModel | undefined,
  tracks: readonly ModelTrack[],
): HoldoutModel | undefined {
  if (reigning === undefined) return undefined;
  const als = reigning.whole();
  // It may grow while the training runs; what is behind the copy's end is not part of it.
  const items = als.itemFactors.rows;
  const itemOf = Int32Array.from(tracks, ({ trackId }) => {
    const item = reigning.itemOf(trackId);
    return item === undefined || item >= items ? -1 : item;
  });
  const dataItemOf = new Int32Array(items).fill(-1);
  itemOf.forEach((item, dataItem) => {
    if (item >= 0) dataItemOf[item] = dataItem;
  });
  return { als, itemOf, dataItemOf };
}

export async function judgeRivals(
  options: {
    readonly reigningManifest: Model | undefined;
    readonly pause: () => Promise<void>;
  },
  reigning: HoldoutModel | undefined,
  holdout: Holdout,
): Promise<Rivals> {
  const popular = await popularityQuality(holdout, options.pause);
  if (reigning === undefined) return { popular, reigningHasSeen: false };
  const manifest = options.reigningManifest;
  const learntUntil = manifest?.quality['newest_listened_at'] ?? 0;
  const reigningHasSeen = learntUntil > holdout.splitSeconds;
  const quality = reigningHasSeen
    ? asCandidate(manifest!, holdout.itemUsers.length)
    : await holdoutQuality(reigning, holdout, options.pause);
  return { popular, reigningHasSeen, ...(quality === undefined ? {} : { reigning: quality }) };
}

/** Beyond this share of other tracks (another filter, mostly) a figure is of another task. */
const CATALOGUE_CHANGE_MAX = 0.1;

/** What a generation reached before it was trained on everything; undefined where that says nothing about today. */
function asCandidate({ quality, items }: Model, itemsNow: number): RivalQuality | undefined {
  const { ndcg20, ndcg20_error, recall20, holdout_users } = quality;
  if (ndcg20 === undefined || recall20 === undefined || holdout_users === undefined)
    return undefined;
  if (Math.abs(itemsNow / items - 1) > CATALOGUE_CHANGE_MAX) return undefined;
  return { ndcg20, ndcg20Error: ndcg20_error ?? 0, recall20, users: holdout_users };
}

/** undefined where there is nothing to compare, or nothing that would replace it. */
export async function measureChurn(
  reigning: HoldoutModel | undefined,
  refit: AlsModel | undefined,
  holdout: Holdout,
  pause: () => Promise<void>,
): Promise<Churn | undefined> {
  if (reigning === undefined || refit === undefined) return undefined;
  return listChurn(reigning, { als: refit }, holdout, { usersMax: CHURN_USERS_MAX, pause });
}

/** Under the names that a manifest carries them. */
export function figures(
  candidate: HoldoutQuality,
  { popular, reigning }: Rivals,
): Record<string, number> {
  return {
    ndcg20: candidate.ndcg20,
    ndcg20_error: candidate.ndcg20Error,
    recall20: candidate.recall20,
    recall100: candidate.recall100,
    holdout_users: candidate.users,
    popular_ndcg20: popular.ndcg20,
    popular_recall20: popular.recall20,
    ...(reigning === undefined
      ? {}
      : { reigning_ndcg20: reigning.ndcg20, reigning_recall20: reigning.recall20 }),
  };
}

export function churnFigures(churn: Churn | undefined): Record<string, number> {
  if (churn === undefined || churn.compared === 0) return {};
  const { entries, users, compared } = churn;
  return { churn_entries20: entries, churn_users20: users, churn_compared_users: compared };
}
