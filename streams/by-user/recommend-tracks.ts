/** The exact best of the catalogue for a user, never a track they have listened to; or the popular list. */
import type { ListKind, RecommendedTrack } from '../../schemas/records';
import { strongestReasons } from '../../src/als/explain';
import type { ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import type { Meter } from '../../src/telemetry/meter';
import type { PopularList } from '../model/popular-list';
import type { ServingModel } from '../model/serving-model';
import type { StreamSettings } from '../stream-settings';
import type { FoldedUser } from './fold-in-user';

/** A list as computed; `publish-recommendations` decides whether it goes out. */
export interface RankedUser extends FoldedUser {
  readonly kind: ListKind;
  readonly tracks: RecommendedTrack[];
  readonly rankingMs: number;
}

export function recommendTracks(
  popular: PopularList,
  settings: StreamSettings,
): ProcessorDefinition<FoldedUser, RankedUser> {
  return {
    name: 'recommend-tracks',
    build: (context: ProcessorContext<RankedUser>) => ({
      process(user) {
        const { personal, model } = user;
        const startedMs = context.monotonicMs();
        if (personal === undefined || model === undefined) {
          const tracks = popularTracks(popular, user, settings.listLength);
          const rankingMs = context.monotonicMs() - startedMs;
          context.forward({ ...user, kind: 'POPULAR', tracks, rankingMs });
          return;
        }
        const tracks = personalTracks(model, personal, settings, context.meter);
        const rankingMs = context.monotonicMs() - startedMs;
        context.meter.observe('segue_ranking_duration_seconds', {}, rankingMs / 1000);
        context.forward({ ...user, kind: 'PERSONAL', tracks, rankingMs });
      },
    }),
  };
}

type Personal = NonNullable<FoldedUser['personal']>;

/** Best first; scores are the model's. */
export function personalTracks(
  model: ServingModel,
  { factors, history }: Personal,
  settings: Pick<StreamSettings, 'listLength' | 'perArtistMax' | 'perArtistWindow'>,
  meter: Meter,
): RecommendedTrack[] {
  const { listLength, perArtistMax, perArtistWindow } = settings;
  const top = model.top(factors, listLength, {
    exclude: history.items,
    ...(perArtistMax === 0 ? {} : { perGroup: { max: perArtistMax, window: perArtistWindow } }),
  });
  meter.observe('segue_ranking_scanned_ratio', {}, top.scannedShare);
  const reasons = strongestReasons(model.foldIn, history.items, history.plays, top.items);
  return Array.from(top.items, (item, place) => {
    const { trackId, artistName, trackName } = model.tracks[item]!;
    return {
      track_id: trackId,
      artist_name: artistName,
      track_name: trackName,
      score: top.scores[place]!,
      because: model.tracks[history.items[reasons[place]!]!]!.trackId,
    };
  });
}

function popularTracks(
  popular: PopularList,
  { profile }: FoldedUser,
  length: number,
): RecommendedTrack[] {
  const tracks: RecommendedTrack[] = [];
  for (const track of popular.tracks) {
    if (tracks.length === length) break;
    if (profile.plays.has(track.track_id)) continue;
    tracks.push({
      track_id: track.track_id,
      artist_name: track.artist_name,
      track_name: track.track_name,
      score: track.listeners,
      because: null,
    });
  }
  return tracks;
}
