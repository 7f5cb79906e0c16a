/** Answers for this slot's users when a new track asks its listeners for their factors. */
import type { History, NewTrack } from '../../schemas/records';
import { partitionOf } from '../../src/broker/partitioner';
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import type { StateStore } from '../../src/store/state-store';
import { floatBytes } from '../model/model-codec';
import type { NewTracks } from '../model/new-tracks';
import type { ServingModel } from '../model/serving-model';
import type { SegueTopics } from '../topics';
import type { KeptListen } from './keep-history';
import { ListenerFactors } from './listener-factors';
import { historyKey, type UserStores } from './stores';

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
    build: (context) => new TellFactors(context, topics, stores, parts),
  };
}

interface Told {
  readonly user: string;
  readonly plays: number;
  readonly factors: Float32Array;
}

/** A question that is being answered. */
interface Answer {
  readonly trackId: string;
  readonly question: NewTrack;
  readonly model: ServingModel;
  /** Of this slot, still to be asked; the next one last. */
  readonly left: string[];
  readonly told: Told[];
}

/** Of a step's time: the rest is for those who wait for a list. */
const STEP_MS = 5;

class TellFactors implements Processor<KeptListen> {
  /** Questions answered in this tenure; another one answers again what is still open. */
  readonly #answered = new Set<NewTrack>();
  readonly #factors: ListenerFactors;
  readonly #histories: StateStore<History>;
  #answer: Answer | undefined;

  constructor(
    private readonly context: ProcessorContext<KeptListen>,
    private readonly topics: SegueTopics,
    stores: UserStores,
    private readonly parts: TellingParts,
  ) {
    this.#histories = context.store(stores.histories);
    const users = context.store(stores.users);
    this.#factors = new ListenerFactors({ users, histories: this.#histories }, parts.tracksMin);
  }

  process(listen: KeptListen): void {
    this.#factors.changed(listen.user);
    this.context.forward(listen);
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    const model = this.parts.model();
    if (model === undefined || budget.farBehind) return false;
    const waiting = new Map(this.parts.newTracks.waiting(model.generation));
    this.#forgetOthers(waiting);
    if (this.#answered.size === waiting.size) return false;
    const endsMs = this.context.monotonicMs() + STEP_MS;
    // Something in each step, however long the lists of others take.
    do {
      this.#answer ??= this.#nextAnswer(waiting, model);
      if (this.#answer === undefined) return false;
      await this.#answerOn(this.#answer);
    } while (!budget.spent() && this.context.monotonicMs() < endsMs);
    return true;
  }

  /** What is not asked any more, or of another model. */
  #forgetOthers(waiting: ReadonlyMap<string, NewTrack>): void {
    const answer = this.#answer;
    if (this.#answered.size === 0 && answer === undefined) return;
    const open = new Set(waiting.values());
    for (const question of this.#answered) if (!open.has(question)) this.#answered.delete(question);
    if (answer === undefined) return;
    if (!open.has(answer.question) || answer.model !== this.parts.model()) this.#answer = undefined;
  }

  #nextAnswer(waiting: ReadonlyMap<string, NewTrack>, model: ServingModel): Answer | undefined {
    const { slot, slots } = this.context;
    for (const [trackId, question] of waiting) {
      if (this.#answered.has(question)) continue;
      const own = question.users.filter((user) => partitionOf(Buffer.from(user), slots) === slot);
      if (own.length > 0) return { trackId, question, model, left: own.reverse(), told: [] };
      this.#answered.add(question);
    }
    return undefined;
  }

  /** One user on, or a page of one. */
  async #answerOn(answer: Answer): Promise<void> {
    const { trackId, question, model, left, told } = answer;
    const user = left.at(-1)!;
    const plays = this.#histories.get(historyKey(user, trackId))?.plays ?? 0;
    // Who is not a listener any more has nothing to say.
    const factors = plays === 0 ? null : await this.#factors.of(user, model);
    if (factors === undefined) return;
    left.pop();
    if (factors !== null) told.push({ user, plays, factors });
    if (left.length > 0) return;
    this.#send(answer);
    this.#answered.add(question);
    this.#answer = undefined;
  }

  #send({ trackId, question, told }: Answer): void {
    this.context.send(this.topics.listenerFactors, trackId, {
      generation: question.generation,
      attempt: question.attempt,
      asked: question.users.length,
      slot: this.context.slot,
      users: told.map(({ user }) => user),
      plays: told.map(({ plays }) => plays),
      factors: Buffer.concat(told.map(({ factors }) => floatBytes(factors))),
    });
  }
}
