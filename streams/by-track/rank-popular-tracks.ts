/** Keeps this slot's most popular tracks and publishes them when they changed; every process merges all slots' lists. */
import type { ListenerCount } from '../../schemas/records';
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import type { TableDefinition } from '../../src/engine/topology';
import type { StateStore } from '../../src/store/state-store';
import { isSameHistogram, noteCheck } from '../count-check';
import type { StreamSettings } from '../stream-settings';
import type { SegueTopics } from '../topics';
import type { CountedTrack } from './count-listeners';
import { TopTracks } from './top-tracks';

/** Tracks read at a time after a take-over: a few milliseconds. */
const PAGE = 500;
/** With no input for so long the list is published without waiting for the interval. */
const QUIET_MS = 300;

export function rankPopularTracks(
  topics: SegueTopics,
  listenerCounts: TableDefinition<ListenerCount>,
  settings: Pick<StreamSettings, 'popularDepth' | 'popularIntervalMs'>,
): ProcessorDefinition<CountedTrack, never> {
  return {
    name: 'rank-popular-tracks',
    sinks: [topics.popularTracks],
    build: (context) =>
      new RankPopularTracks(context, topics, context.store(listenerCounts), settings),
  };
}

interface Scan {
  /** The last track read. */
  readTo: string;
  readonly recount: Map<number, number>;
  /** No count has changed since the take-over. */
  isUndisturbed: boolean;
}

class RankPopularTracks implements Processor<CountedTrack> {
  readonly #top: TopTracks;
  /** Where going through all tracks after a take-over has got to; undefined once it is done. */
  #scan: Scan | undefined;
  #isChanged = true;
  #lastPublishedMs = Number.NEGATIVE_INFINITY;
  #lastInputMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly context: ProcessorContext<never>,
    private readonly topics: SegueTopics,
    private readonly counts: StateStore<ListenerCount>,
    private readonly settings: Pick<StreamSettings, 'popularDepth' | 'popularIntervalMs'>,
  ) {
    this.#top = new TopTracks(settings.popularDepth);
  }

  /** Nobody waits for all tracks to be read: the list published before stands until it is done. */
  async restored(): Promise<void> {
    this.#scan = { readTo: '', recount: new Map(), isUndisturbed: true };
  }

  process({ trackId, count }: CountedTrack): void {
    this.#lastInputMs = this.context.now();
    if (this.#scan !== undefined) this.#scan.isUndisturbed = false;
    this.#top.update(popularTrack(trackId, count));
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    if (this.#scan !== undefined && !(await this.#scanOn(this.#scan, budget))) return true;
    if (this.#top.needsRecount) await this.#recount();
    if (this.#top.takeChanged()) this.#isChanged = true;
    const now = this.context.now();
    const isQuiet = budget.idle && now - this.#lastInputMs >= QUIET_MS;
    if (
      !this.#isChanged ||
      (!isQuiet && now - this.#lastPublishedMs < this.settings.popularIntervalMs)
    ) {
      return this.#isChanged;
    }
    this.context.send(this.topics.popularTracks, `slot-${this.context.slot}`, {
      tracks: this.#top.best(),
    });
    this.#isChanged = false;
    this.#lastPublishedMs = now;
    return false;
  }

  /** A page at least, further ones while there is time; true when all tracks have been read. */
  async #scanOn(scan: Scan, budget: StepBudget): Promise<boolean> {
    do {
      const page = await this.counts.entriesAfter(scan.readTo, PAGE);
      for (const [trackId, count] of page) {
        scan.readTo = trackId;
        this.#take(trackId, count, scan.recount);
      }
      if (page.size > 0) continue;
      this.#scan = undefined;
      if (scan.isUndisturbed) this.#check(scan.recount);
      return true;
    } while (!budget.spent());
    return false;
  }

  async #recount(): Promise<void> {
    this.#top.clear();
    const recount = new Map<number, number>();
    await this.counts.visit('', (trackId, count) => this.#take(trackId, count, recount));
    this.#check(recount);
  }

  #take(trackId: string, count: ListenerCount, recount: Map<number, number>): void {
    this.#top.update(popularTrack(trackId, count));
    const { listeners } = count;
    if (listeners !== 0) recount.set(listeners, (recount.get(listeners) ?? 0) + 1);
  }

  /** All tracks are read anyway, so the histogram that the filter stands on is checked for nothing. */
  #check(recount: ReadonlyMap<number, number>): void {
    const { meter, sums } = this.context;
    const isEqual = isSameHistogram(recount, sums.histogram('listenersPerTrack'));
    noteCheck(meter, 'listeners-of-tracks', isEqual);
  }
}

function popularTrack(trackId: string, { listeners, artist_name, track_name }: ListenerCount) {
  return { track_id: trackId, listeners, artist_name, track_name };
}
