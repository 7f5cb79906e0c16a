/** Publishes a list when it changed: other tracks, another order, another kind or generation. */
import type { Recommendations } from '../../schemas/records';
import type { ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import type { SegueTopics } from '../topics';
import type { RankedUser } from './recommend-tracks';
import type { UserStores } from './stores';

export function publishRecommendations(
  topics: SegueTopics,
  stores: UserStores,
): ProcessorDefinition<RankedUser, never> {
  return {
    name: 'publish-recommendations',
    stores: [stores.recommendations],
    build(context: ProcessorContext<never>) {
      const recommendations = context.store(stores.recommendations);
      return {
        process(ranked) {
          const next = listOf(ranked, context.position(topics.listens), context.now());
          const before = recommendations.get(ranked.user);
          if (before !== undefined && isSameList(before, next)) return;
          recommendations.put(ranked.user, next);
          const list = ranked.kind === 'PERSONAL' ? 'personal' : 'popular';
          context.meter.count('segue_lists_published_total', { list });
          if (ranked.producedAtMs !== undefined) observeFreshness(context, ranked.producedAtMs);
        },
      };
    },
  };
}

function observeFreshness(context: ProcessorContext<never>, producedAtMs: number): void {
  const rankedAtMs = context.now();
  context.afterCommit((committedAtMs) => {
    const seconds = (fromMs: number) => Math.max(0, committedAtMs - fromMs) / 1000;
    context.meter.observe('segue_freshness_seconds', {}, seconds(producedAtMs));
    context.meter.observe(
      'segue_freshness_stage_seconds',
      { stage: 'commit' },
      seconds(rankedAtMs),
    );
  });
}

function listOf(ranked: RankedUser, position: number, now: number): Recommendations {
  return {
    kind: ranked.kind,
    generation: ranked.model?.generation ?? null,
    position,
    listens: ranked.profile.listens,
    newest_listened_at: ranked.profile.newestListenedAt,
    published_at: now,
    tracks: ranked.tracks,
  };
}

function isSameList(a: Recommendations, b: Recommendations): boolean {
  if (a.kind !== b.kind || a.generation !== b.generation || a.tracks.length !== b.tracks.length)
    return false;
  return a.tracks.every((track, place) => track.track_id === b.tracks[place]!.track_id);
}
