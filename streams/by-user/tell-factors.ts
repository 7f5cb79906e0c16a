/** Answers for this slot's users when a new track asks its listeners for their factors. */
import type { History, NewTrack } from '../../schemas/records';
import { partitionOf } from '../../src/broker/partitioner';
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import { hasCode } from '../../src/errors';
import type { StateStore } from '../../src/store/state-store';
import { floatBytes } from '../model/model-codec';
import type { NewTracks } from '../model/new-tracks';
import type { ServingModel } from '../model/serving-model';
import type { SegueTopics } from '../topics';
import type { KeptListen } from './keep-history';
import { profileOf } from './profiles';
import { historyPrefix, type UserStores } from './stores';

export interface TellingParts {
  readonly newTracks: NewTracks;
  readonly model: () => ServingModel | undefined;
  /** Tracks with factors that a user needs for factors of their own. */
  readonly tracksMin: number;
}

export function tellFactors(
  topics: SegueTopics,
  stores: UserStores,
  parts: TellingParts,
): ProcessorDefinition<KeptListen, KeptListen> {
  return {
    name: 'tell-factors',
    sinks: [topics.listenerFactors],
    build: (context) => new TellFactors(context, topics, context.store(stores.histories), parts),
  };
}

interface Told {
  readonly user: string;
  readonly plays: number;
  readonly factors: Float32Array;
}

class TellFactors implements Processor<KeptListen> {
  /** Questions answered in this tenure; another one answers again what is still open. */
  readonly #answered = new Set<NewTrack>();

  constructor(
    private readonly context: ProcessorContext<KeptListen>,
    private readonly topics: SegueTopics,
    private readonly histories: StateStore<History>,
    private readonly parts: TellingParts,
  ) {}

  process(listen: KeptListen): void {
    this.context.forward(listen);
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    const model = this.parts.model();
    if (model === undefined || budget.farBehind) return false;
    const waiting = [...this.parts.newTracks.waiting(model.generation)];
    this.#forgetOthers(waiting);
    let isFirst = true;
    for (const [trackId, question] of waiting) {
      if (this.#answered.has(question)) continue;
      // One a step at least, however long the lists of others take.
      if (!isFirst && budget.spent()) return true;
      isFirst = false;
      await this.#answer(trackId, question, model);
    }
    return false;
  }

  #forgetOthers(waiting: readonly (readonly [string, NewTrack])[]): void {
    if (this.#answered.size === 0) return;
    const open = new Set(waiting.map(([, question]) => question));
    for (const question of this.#answered) {
      if (!open.has(question)) this.#answered.delete(question);
    }
  }

  async #answer(trackId: string, question: NewTrack, model: ServingModel): Promise<void> {
    this.#answered.add(question);
    const { slot, slots } = this.context;
    const own = question.users.filter((user) => partitionOf(Buffer.from(user), slots) === slot);
    if (own.length === 0) return;
    const told: Told[] = [];
    for (const user of own) {
      const one = await this.#factorsOf(user, trackId, model);
      if (one !== undefined) told.push(one);
    }
    this.context.send(this.topics.listenerFactors, trackId, {
      generation: question.generation,
      attempt: question.attempt,
      asked: question.users.length,
      slot,
      users: told.map(({ user }) => user),
      plays: told.map(({ plays }) => plays),
      factors: Buffer.concat(told.map(({ factors }) => floatBytes(factors))),
    });
  }

  /** undefined: not a listener any more, or too few tracks with factors to say anything. */
  async #factorsOf(user: string, trackId: string, model: ServingModel): Promise<Told | undefined> {
    const profile = profileOf(await this.histories.scan(historyPrefix(user)));
    const plays = profile.plays.get(trackId);
    const { items, plays: known } = model.known(profile);
    if (plays === undefined || items.length < this.parts.tracksMin) return undefined;
    try {
      return { user, plays, factors: model.foldIn.solve(items, known) };
    } catch (error) {
      if (!hasCode(error, 'MATRIX_SINGULAR')) throw error;
      return undefined;
    }
  }
}
