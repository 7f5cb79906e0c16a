/**
 * Asks the listeners of a track that is in, but has no factors in the serving generation, for theirs. A track comes up
 * when its count changes; all of them do after a switch, a take-over or a fall of the threshold.
 */
import type { ListenerCount, Model, NewTrack } from '../../schemas/records';
import { partitionOf } from '../../src/broker/partitioner';
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import type { TableDefinition } from '../../src/engine/topology';
import type { StateStore } from '../../src/store/state-store';
import { NEW_TRACKS_MAX, type NewTracks } from '../model/new-tracks';
import type { ServingModel } from '../model/serving-model';
import type { SegueTopics } from '../topics';
import type { CountedTrack } from './count-listeners';

const CHECK_MS = 1000;
/** An answer takes a few steps; whoever should give one may have been killed. Longer with each attempt. */
const PATIENCE_MS = 5000;
/** Then it waits for more listeners, or for the next generation. */
const ATTEMPTS_MAX = 10;
/** With twice the listeners the factors are worth solving anew. */
const GROWTH = 2;
const SWEEP_KEYS = 200;

export interface NewTrackKnowledge {
  readonly newTracks: NewTracks;
  readonly model: () => ServingModel | undefined;
  readonly manifest: (generation: number) => Model | undefined;
  /** Unique listeners that a track needs to be in; undefined while nobody has said so. */
  readonly threshold: () => number | undefined;
}

export function askListeners(
  topics: SegueTopics,
  listenerCounts: TableDefinition<ListenerCount>,
  known: NewTrackKnowledge,
): ProcessorDefinition<CountedTrack, CountedTrack> {
  return {
    name: 'ask-listeners',
    sinks: [topics.newTracks],
    build: (context) => new AskListeners(context, topics, context.store(listenerCounts), known),
  };
}

interface Aim {
  readonly generation: number;
  readonly threshold: number;
}

class AskListeners implements Processor<CountedTrack> {
  readonly #candidates = new Set<string>();
  /** Sent, and not yet back. */
  readonly #sent = new Map<string, NewTrack>();
  #aim: Aim = { generation: -1, threshold: Number.POSITIVE_INFINITY };
  /** Last key swept; undefined: no sweep is under way. */
  #sweptTo: string | undefined;

  constructor(
    private readonly context: ProcessorContext<CountedTrack>,
    private readonly topics: SegueTopics,
    private readonly counts: StateStore<ListenerCount>,
    private readonly known: NewTrackKnowledge,
  ) {
    context.everyWallClock(CHECK_MS, () => this.#askAgain());
  }

  process(counted: CountedTrack): void {
    if (this.#isWanted(counted.trackId, counted.count)) this.#candidates.add(counted.trackId);
    this.context.forward(counted);
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    const model = this.#growing();
    if (model === undefined || budget.farBehind) return false;
    this.#takeAim(model);
    if (this.#sweptTo !== undefined) await this.#sweepOn(this.#sweptTo);
    for (const trackId of this.#candidates) this.#consider(trackId, model);
    this.#candidates.clear();
    return this.#sweptTo !== undefined;
  }

  /** The serving model, where it carries what new tracks need. */
  #growing(): ServingModel | undefined {
    const model = this.known.model();
    if (model === undefined) return undefined;
    const manifest = this.known.manifest(model.generation);
    return manifest === undefined || manifest.user_gramian.length === 0 ? undefined : model;
  }

  #isWanted(trackId: string, { listeners }: ListenerCount): boolean {
    const threshold = this.known.threshold();
    if (threshold === undefined || listeners < threshold) return false;
    const model = this.known.model();
    if (model === undefined || model.isTrained(trackId)) return false;
    // A generation that was trained under a stricter filter left the track out on purpose.
    return listeners >= (this.known.manifest(model.generation)?.threshold ?? 0);
  }

  /** Another generation knows other tracks, and a lower threshold lets others in. */
  #takeAim(model: ServingModel): void {
    const { generation } = model;
    const threshold = this.known.threshold() ?? Number.POSITIVE_INFINITY;
    const isOther = generation !== this.#aim.generation;
    if (isOther) this.#dropTrained(model);
    if (isOther || threshold < this.#aim.threshold) this.#sweptTo = '';
    this.#aim = { generation, threshold };
  }

  /** Tracks that the generation was trained on are new no more. */
  #dropTrained(model: ServingModel): void {
    for (const [trackId] of this.known.newTracks.askedTracks()) {
      if (model.isTrained(trackId) && this.#isOwn(trackId))
        this.context.send(this.topics.newTracks, trackId, null);
    }
  }

  async #sweepOn(after: string): Promise<void> {
    const keys = await this.counts.keysAfter(after, SWEEP_KEYS);
    for (const trackId of keys) {
      const count = this.counts.get(trackId);
      if (count !== undefined && this.#isWanted(trackId, count)) this.#candidates.add(trackId);
    }
    this.#sweptTo = keys.at(-1);
  }

  #consider(trackId: string, model: ServingModel): void {
    const { generation } = model;
    const { newTracks } = this.known;
    // It was wanted of the generation before, where a switch came within the step.
    if (model.isTrained(trackId)) return;
    const last = this.#lastQuestion(trackId);
    const own = this.counts.get(trackId)?.users ?? [];
    // A track that has outgrown its list may still have one from when it was asked for first.
    const users = own.length > 0 ? own : (last?.users ?? []);
    const isCurrent = last?.generation === generation;
    if (users.length === 0 || (isCurrent && users.length < last.users.length * GROWTH)) return;
    if (last === undefined && newTracks.size + this.#sent.size >= NEW_TRACKS_MAX) return;
    this.#ask(trackId, { generation, attempt: 1, users });
  }

  /** The factors that were asked for did not come. */
  #askAgain(): void {
    const model = this.#growing();
    if (model === undefined) return;
    this.#forgetArrived();
    for (const [trackId, question] of this.known.newTracks.waiting(model.generation)) {
      if (!this.#isOwn(trackId) || this.#sent.has(trackId)) continue;
      const { asked_at, attempt, users, generation } = question;
      const isDue = this.context.now() - asked_at >= PATIENCE_MS * attempt;
      if (!isDue || attempt >= ATTEMPTS_MAX) continue;
      this.#ask(trackId, { generation, attempt: attempt + 1, users });
    }
  }

  #ask(trackId: string, asked: Omit<NewTrack, 'asked_at'>): void {
    const question = { ...asked, users: [...asked.users], asked_at: this.context.now() };
    this.#sent.set(trackId, question);
    this.context.send(this.topics.newTracks, trackId, question);
  }

  #lastQuestion(trackId: string): NewTrack | undefined {
    return this.#sent.get(trackId) ?? this.known.newTracks.asked(trackId);
  }

  #forgetArrived(): void {
    for (const [trackId, { generation, attempt, users }] of this.#sent) {
      const back = this.known.newTracks.asked(trackId);
      const isBack =
        back?.generation === generation &&
        back.attempt === attempt &&
        back.users.length === users.length;
      if (isBack) this.#sent.delete(trackId);
    }
  }

  #isOwn(trackId: string): boolean {
    return partitionOf(Buffer.from(trackId, 'utf8'), this.context.slots) === this.context.slot;
  }
}
