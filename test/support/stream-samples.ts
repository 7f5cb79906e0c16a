/** Small values of the streams with what a test does not care about filled in. */
import type { History, Model, PopularTrack, Recommendations } from '../../schemas/records';
import { allocateFactors } from '../../src/als/factor-rows';
import { computeGramian } from '../../src/als/gramian';
import type { AlsModel } from '../../src/als/model';
import { type AlsRule, hkvRule } from '../../src/als/rule';
import { mulberry32, normal } from '../../src/random';
import { checksumOf, doubleBytes, ruleToRecord, toBlocks } from '../../streams/model/model-codec';
import { type ModelTrack, ServingModel } from '../../streams/model/serving-model';

export function history(plays: number, lastListenedAt = 1_500_000_000): History {
  const first = plays === 0 ? 0 : lastListenedAt - (plays - 1) * 60;
  const entries = Array.from({ length: plays }, (_, play) => (first + play * 60) * 4 + 1);
  return {
    plays,
    first_listened_at: first,
    last_listened_at: plays === 0 ? 0 : lastListenedAt,
    entries,
    chunks: [],
  };
}

/** `t000`, `t001`, … each by an artist of its own unless `artistOf` says otherwise. */
export function sampleTracks(
  count: number,
  artistOf: (item: number) => string = (item) => `artist ${item}`,
): ModelTrack[] {
  return Array.from({ length: count }, (_, item) => ({
    trackId: `t${String(item).padStart(3, '0')}`,
    artistName: artistOf(item),
    trackName: `track ${item}`,
  }));
}

export const SAMPLE_RULE = hkvRule({ factorCount: 8, alpha: 4, lambda: 0.5 });

export function sampleAls(seed: number, items: number, rule: AlsRule = SAMPLE_RULE): AlsModel {
  const random = mulberry32(seed);
  const itemFactors = allocateFactors(items, rule.factorCount);
  for (let at = 0; at < items * rule.factorCount; at++) itemFactors.values[at] = normal(random);
  return { rule, itemFactors, itemGramian: computeGramian(itemFactors) };
}

export function sampleModel(
  generation: number,
  { items = 60, seed = 1, artistOf }: SampleModel = {},
): ServingModel {
  return new ServingModel(generation, sampleAls(seed, items), sampleTracks(items, artistOf));
}

export interface SampleModel {
  readonly items?: number;
  readonly seed?: number;
  readonly artistOf?: (item: number) => string;
}

export function manifest(generation: number, changes: Partial<Model> = {}): Model {
  return {
    generation,
    state: 'PROMOTED',
    attempt: `attempt ${generation}`,
    request_offset: generation,
    reason: 'person',
    note: '',
    trainer: 'worker-threads',
    rule: ruleToRecord(SAMPLE_RULE),
    items: 0,
    users: 0,
    interactions: 0,
    threshold: 1,
    blocks: 1,
    checksum: 0,
    gramian: Buffer.alloc(0),
    user_gramian: Buffer.alloc(0),
    quality: {},
    positions: [],
    trained_at: 0,
    training_ms: 0,
    challenger_share: 0,
    ...changes,
  };
}

/** A generation as its records: the manifest and the blocks that it speaks of. */
export function recordsOf(generation: number, als: AlsModel, tracks: readonly ModelTrack[]) {
  const made = toBlocks({ generation, attempt: `attempt ${generation}` }, als, tracks);
  return {
    blocks: new Map(made.map((block) => [block.block, block])),
    manifest: manifest(generation, {
      rule: ruleToRecord(als.rule),
      items: tracks.length,
      blocks: made.length,
      checksum: checksumOf(made),
      gramian: doubleBytes(als.itemGramian),
    }),
  };
}

export function popularTrack(trackId: string, listeners: number): PopularTrack {
  return { track_id: trackId, listeners, artist_name: `artist of ${trackId}`, track_name: trackId };
}

export function list(trackIds: readonly string[], changes: Partial<Recommendations> = {}) {
  const tracks = trackIds.map((track_id, place) => ({
    track_id,
    artist_name: '',
    track_name: '',
    score: 1 / (place + 1),
    because: null,
  }));
  return {
    kind: 'PERSONAL' as const,
    generation: 1,
    additions: 0,
    position: 0,
    listens: 0,
    newest_listened_at: 0,
    published_at: 0,
    ...changes,
    tracks,
  } satisfies Recommendations;
}
