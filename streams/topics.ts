/** Every topic: what it is called, how its records are kept, and which schema they follow (schemas/<subject>.avsc). */
import type {
  Filter,
  History,
  ItemAddition,
  ItemFactorBlock,
  Listen,
  ListenerChange,
  ListenerCount,
  ListenerFactors,
  Model,
  NewTrack,
  PopularTracks,
  Recommendations,
  RetrainRequest,
} from '../schemas/records';
import type { DeadLetterValue, ProgressValue, Topic } from '../src/engine/topology';
import { loadSchema } from '../src/schema-registry/load-schema';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface SegueTopics {
  readonly listens: Topic<Listen>;
  readonly listenerChanges: Topic<ListenerChange>;
  readonly histories: Topic<History>;
  readonly listenerCounts: Topic<ListenerCount>;
  readonly popularTracks: Topic<PopularTracks>;
  readonly progress: Topic<ProgressValue>;
  readonly filter: Topic<Filter>;
  readonly retrainRequests: Topic<RetrainRequest>;
  readonly itemFactors: Topic<ItemFactorBlock>;
  readonly models: Topic<Model>;
  readonly newTracks: Topic<NewTrack>;
  readonly listenerFactors: Topic<ListenerFactors>;
  readonly itemAdditions: Topic<ItemAddition>;
  readonly recommendations: Topic<Recommendations>;
  readonly deadLetters: Topic<DeadLetterValue>;
}

/** `prefix` keeps several applications apart on one cluster. */
export function segueTopics(prefix = ''): SegueTopics {
  const stream = <V>(name: string, keep: Partial<Topic<V>> = {}): Topic<V> => ({
    name: prefix + name,
    schema: loadSchema(`${name}-value`),
    compatibility: 'BACKWARD',
    partitions: 'slots',
    cleanup: 'delete',
    ...keep,
  });
  const table = <V>(name: string, keep: Partial<Topic<V>> = {}): Topic<V> =>
    // Above the longest retrain: a key overwritten while a snapshot is read still shows its earlier value.
    stream(name, {
      compatibility: 'FULL_TRANSITIVE',
      cleanup: 'compact',
      compactionLagMs: DAY_MS / 4,
      ...keep,
    });
  return {
    listens: stream('listens'),
    listenerChanges: stream('listener-changes', { retentionMs: 7 * DAY_MS }),
    histories: table('histories'),
    listenerCounts: table('listener-counts'),
    popularTracks: table('popular-tracks', { partitions: 'single', compactionLagMs: 0 }),
    progress: table('progress', { partitions: 'single', compactionLagMs: 0 }),
    filter: table('filter', { partitions: 'single', compactionLagMs: 0 }),
    retrainRequests: stream('retrain-requests', { partitions: 'single', retentionMs: 30 * DAY_MS }),
    itemFactors: table('item-factors', { compactionLagMs: 0 }),
    models: table('models', { partitions: 'single', compactionLagMs: 0 }),
    newTracks: table('new-tracks', { partitions: 'single', compactionLagMs: 0 }),
    listenerFactors: stream('listener-factors', { retentionMs: DAY_MS }),
    itemAdditions: table('item-additions', { partitions: 'single', compactionLagMs: 0 }),
    recommendations: table('recommendations', { compactionLagMs: 0 }),
    deadLetters: stream('dead-letters', { retentionMs: 30 * DAY_MS }),
  };
}
