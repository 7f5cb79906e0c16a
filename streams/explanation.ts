/** Why a list is what it is: for each track, what each of the user's own tracks contributes to its score. */
import type { Recommendations } from '../schemas/records';
import { explain } from '../src/als/explain';
import type { Profile } from './by-user/profiles';
import type { ServingModel } from './model/serving-model';

export interface ExplainedTrack {
  readonly trackId: string;
  /** As published. */
  readonly score: number;
  /** Strongest first; they add up to the score. */
  readonly contributions: readonly Contribution[];
}

export interface Contribution {
  readonly trackId: string;
  readonly artistName: string;
  readonly trackName: string;
  readonly plays: number;
  readonly contribution: number;
}

/** `list` must be a personal list of `model`'s generation; `profile` is the user's history that it was made from. */
export function explainList(
  list: Recommendations,
  profile: Profile,
  model: ServingModel,
): ExplainedTrack[] {
  const { items, plays } = model.known(profile);
  return list.tracks.map(({ track_id, score }) => {
    const target = model.itemOf(track_id);
    if (target === undefined) return { trackId: track_id, score, contributions: [] };
    const parts = explain(model.foldIn, items, plays, target);
    const contributions = Array.from(items, (item, at) => ({
      ...model.tracks[item]!,
      plays: plays[at]!,
      contribution: parts[at]!,
    }));
    contributions.sort((a, b) => b.contribution - a.contribution);
    return { trackId: track_id, score, contributions };
  });
}
