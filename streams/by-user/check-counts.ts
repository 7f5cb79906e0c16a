/**
 * Compares, while nothing waits, the count of one user's tracks with a recount of their histories, user after user. A
 * difference would mean that exact counts are not exact; it is counted, and somebody is told.
 */

import type { History } from '../../schemas/records';
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import type { StateStore } from '../../src/store/state-store';
import { noteCheck } from '../count-check';
import type { KeptListen } from './keep-history';
import { profileOf } from './profiles';
import { historyPrefix, type UserStores } from './stores';

const PAUSE_MS = 1000;
/** Longer histories would take more than a moment to read. */
const TRACKS_MAX = 5000;

export function checkCounts(stores: UserStores): ProcessorDefinition<KeptListen, KeptListen> {
  return {
    name: 'check-counts',
    build: (context) => new CheckCounts(context, stores),
  };
}

class CheckCounts implements Processor<KeptListen> {
  readonly #users: StateStore<number>;
  readonly #histories: StateStore<History>;
  /** The last user checked; empty: from the first one on. */
  #last = '';
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly context: ProcessorContext<KeptListen>,
    stores: UserStores,
  ) {
    this.#users = context.store(stores.users);
    this.#histories = context.store(stores.histories);
  }

  process(listen: KeptListen): void {
    this.context.forward(listen);
  }

  /** Never asks for another step: checks go with steps that there are anyway. */
  async endStep(budget: StepBudget): Promise<boolean> {
    const now = this.context.now();
    if (!budget.idle || now - this.#checkedMs < PAUSE_MS) return false;
    this.#checkedMs = now;
    const [user] = await this.#users.keysAfter(this.#last, 1);
    this.#last = user ?? '';
    if (user !== undefined) await this.#check(user);
    return false;
  }

  async #check(user: string): Promise<void> {
    const counted = this.#users.get(user) ?? 0;
    if (counted > TRACKS_MAX) return;
    const { plays } = profileOf(await this.#histories.scan(historyPrefix(user)));
    noteCheck(this.context.meter, 'tracks-of-user', counted === plays.size);
  }
}
