/** Publishes a list when it changed: other tracks, another order, another kind or generation. */
import type { ListKind, Recommendations } from '../../schemas/records';
import type { ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import type { SeriesLabels } from '../../src/telemetry/series';
import type { Coverage } from '../model/coverage';
import type { SegueTopics } from '../topics';
import type { RefreshTimes } from './fold-in-user';
import type { RankedUser } from './recommend-tracks';
import { LIVE } from './score-prediction';
import type { UserStores } from './stores';

type FreshnessStage = SeriesLabels<'segue_freshness_stage_seconds'>['stage'];

export function publishRecommendations(
  topics: SegueTopics,
  stores: UserStores,
  coverage: Coverage,
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
          const list = nameOf(ranked.kind);
          context.meter.count('segue_lists_published_total', { list });
          if (before?.kind !== ranked.kind) {
            if (before !== undefined) context.sums.add(listSum(nameOf(before.kind)), -1);
            context.sums.add(listSum(list));
          }
          if (ranked.kind === 'PERSONAL') coverage.note(ranked, context.meter);
          if (ranked.times !== undefined) observeFreshness(context, ranked.times, ranked);
        },
      };
    },
  };
}

/** Name of the exact sum of users who have such a list; when lists are published is no matter of input alone. */
export function listSum(list: 'personal' | 'popular'): string {
  return `${LIVE}lists.${list}`;
}

function nameOf(kind: ListKind): 'personal' | 'popular' {
  return kind === 'PERSONAL' ? 'personal' : 'popular';
}

function observeFreshness(
  { meter, now, afterCommit }: Pick<ProcessorContext<never>, 'meter' | 'now' | 'afterCommit'>,
  { producedAtMs, receivedAtMs, startedAtMs, foldInMs }: RefreshTimes,
  { rankingMs, model }: Pick<RankedUser, 'rankingMs' | 'model'>,
): void {
  const rankedAtMs = now();
  afterCommit((committedAtMs) => {
    const stage = (name: FreshnessStage, ms: number) =>
      meter.observe('segue_freshness_stage_seconds', { stage: name }, Math.max(0, ms) / 1000);
    const seconds = Math.max(0, committedAtMs - producedAtMs) / 1000;
    meter.observe('segue_freshness_seconds', {}, seconds);
    const generation = String(model?.generation ?? 'none');
    meter.observe('segue_generation_freshness_seconds', { generation }, seconds);
    stage('waiting', receivedAtMs - producedAtMs);
    stage('counting', startedAtMs - receivedAtMs);
    stage('folding-in', foldInMs);
    stage('ranking', rankingMs);
    stage('commit', committedAtMs - rankedAtMs);
  });
}

function listOf(ranked: RankedUser, position: number, now: number): Recommendations {
  return {
    kind: ranked.kind,
    generation: ranked.model?.generation ?? null,
    additions: ranked.model?.additions ?? 0,
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
