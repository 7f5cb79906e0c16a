/** From the program's settings to what the engine, the streams and the trainer take. */

import type { RetrainSettings } from '../../streams/model/retrain-model';
import type { StreamSettings } from '../../streams/stream-settings';
import { type AlsRule, hkvRule, implicitRule, rendleRule, sparkRule } from '../als/rule';
import type { Settings } from '../config';
import type { EngineSettings } from '../engine/engine-settings';

export function engineSettings(settings: Settings): EngineSettings {
  return {
    application: settings.application,
    slots: settings.partitions,
    stepIntervalMs: settings.stepIntervalMs,
    stepLingerMs: settings.stepLingerMs,
    stepRecordsMax: settings.stepRecordsMax,
    stepBytesMax: settings.stepBytesMax,
    cacheBytesMax: Math.floor(settings.cacheBytes / settings.partitions),
    queueBytesMax: settings.queueBytesMax,
    recordBytesMax: settings.recordBytesMax,
    stepBudgetMs: settings.refreshBudgetMs,
    farBehindRecords: settings.catchUpLagRecords,
    tombstoneRetentionMs: settings.tombstoneRetentionMs,
    fencedRetryMs: settings.fencedRetryMs,
    standbys: settings.standbys,
  };
}

export function streamSettings(settings: Settings): StreamSettings {
  return {
    listLength: settings.listLength,
    perArtistMax: settings.perArtistMax,
    perArtistWindow: settings.perArtistWindow,
    tracksMin: settings.tracksMin,
    historyEntriesMax: settings.historyEntriesMax,
    profileBytesMax: Math.floor(settings.profileCacheBytes / settings.partitions),
    popularDepth: settings.popularDepth,
    popularIntervalMs: settings.popularIntervalMs,
    popularRefreshMs: settings.popularRefreshMs,
    threshold: {
      kind: settings.filterRule,
      topShare: settings.topShare,
      listenersMin: settings.listenersMin,
    },
    filterIntervalMs: settings.filterIntervalMs,
    newTrackListenersMax: settings.newTrackListenersMax,
    retrain: {
      firstListens: settings.firstModelListensMin,
      ageMs: settings.retrainAgeMs,
      growthShare: settings.retrainGrowthShare,
      unknownShare: settings.retrainUnknownShare,
      qualityRatio: settings.retrainQualityRatio,
      pauseMs: settings.retrainIntervalMinMs,
      checkMs: settings.retrainCheckMs,
    },
  };
}

/** Users compared on in a retrain; more would only cost time. */
const HOLDOUT_USERS_MAX = 2000;
const GATE_USERS_MIN = 20;

export function retrainSettings(settings: Settings, processors: number): RetrainSettings {
  const threads =
    settings.trainerThreads > 0 ? settings.trainerThreads : Math.max(1, processors - 1);
  return {
    rules: candidateRules(settings),
    epochs: settings.epochs,
    tolerance: settings.retrainTolerance,
    threads,
    seed: 1,
    holdoutShare: settings.holdoutShare,
    holdoutUsersMax: HOLDOUT_USERS_MAX,
    challengerShare: settings.challengerShare,
    gate: {
      tolerance: settings.gateTolerance,
      usersMin: GATE_USERS_MIN,
    },
  };
}

/** Around the given rule: it itself first, then more and less confidence and regularisation, in this order. */
const VARIATIONS = [
  [1, 1],
  [3, 3],
  [1 / 3, 1 / 3],
  [1, 3],
  [1, 1 / 3],
  [3, 1],
  [1 / 3, 1],
  [3, 10],
  [1 / 3, 1 / 10],
] as const;

function candidateRules(settings: Settings): AlsRule[] {
  return VARIATIONS.slice(0, settings.searchCandidates).map(([alpha, lambda]) =>
    namedRule(settings, settings.alpha * alpha, settings.lambda * lambda),
  );
}

function namedRule({ alsRule, factors, nu }: Settings, alpha: number, lambda: number): AlsRule {
  const tunable = { factorCount: factors, alpha, lambda };
  if (alsRule === 'spark') return sparkRule(tunable);
  if (alsRule === 'implicit') return implicitRule(tunable);
  if (alsRule === 'rendle') return rendleRule({ factorCount: factors, alpha0: alpha, lambda, nu });
  return hkvRule(tunable);
}
