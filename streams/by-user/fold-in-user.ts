/**
 * Folds a user into the serving generation: the exact batch half step over the user's whole history. Runs at the end of
 * a step, within its budget; who does not fit stays marked and is next, so that counting never waits for recommending.
 */
import type {
  Processor,
  ProcessorContext,
  ProcessorDefinition,
  StepBudget,
} from '../../src/engine/processor';
import { hasCode } from '../../src/errors';
import type { Histogram } from '../../src/telemetry/meter';
import type { PopularList } from '../model/popular-list';
import type { KnownHistory, ServingModel } from '../model/serving-model';
import type { Challenger } from '../model/user-shares';
import type { StreamSettings } from '../stream-settings';
import { HandOver } from './hand-over';
import type { KeptListen } from './keep-history';
import { LargeProfiles } from './large-profiles';
import { type Profile, Profiles } from './profiles';
import {
  isSameModel,
  type NextUser,
  type OldestUnknown,
  RefreshQueue,
  type RefreshTarget,
} from './refresh-queue';
import type { UserStores } from './stores';

/** A user ready to be ranked. `personal` is missing where the user gets the popular list. */
export interface FoldedUser {
  readonly user: string;
  readonly profile: Profile;
  readonly model: ServingModel | undefined;
  readonly personal?: { readonly factors: Float32Array; readonly history: KnownHistory };
  /** How long what since when; missing where nobody listened. */
  readonly times?: RefreshTimes;
}

/** The stages before ranking of a refresh that a listen asked for; times in milliseconds since 1970. */
export interface RefreshTimes extends OldestUnknown {
  readonly startedAtMs: number;
  /** Reading the history included. */
  readonly foldInMs: number;
}

/** `atMs`: since 1970. */
interface Moment {
  readonly atMs: number;
  readonly monotonicMs: number;
}

/** What serves right now, in this process. */
export interface Serving {
  readonly model: () => ServingModel | undefined;
  /** Another one for the users of a challenger. */
  readonly modelFor: (user: string) => ServingModel | undefined;
  readonly challenger: () => Challenger | undefined;
  readonly popular: PopularList;
}

/** Nothing of the input for so long counts as quiet: the popular list is given to everybody at once. */
const QUIET_MS = 500;
/** Neither a generation nor −1, which stands for having none. */
const NOTHING = -2;

export function foldInUser(
  stores: UserStores,
  serving: Serving,
  settings: StreamSettings,
): ProcessorDefinition<KeptListen, FoldedUser> {
  return {
    name: 'fold-in-user',
    stores: [stores.waiting, stores.refreshed],
    build: (context) => new FoldInUser(context, stores, serving, settings),
  };
}

class FoldInUser implements Processor<KeptListen> {
  readonly #queue: RefreshQueue;
  readonly #profiles: Profiles;
  readonly #large: LargeProfiles;
  #target: RefreshTarget = { generation: NOTHING, edition: NOTHING };
  readonly #foldInSeconds: Histogram;
  readonly #handOver: HandOver;
  #lastInputMs: number;
  #lastSweepMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly context: ProcessorContext<FoldedUser>,
    stores: UserStores,
    private readonly serving: Serving,
    private readonly settings: StreamSettings,
  ) {
    const users = context.store(stores.users);
    const histories = context.store(stores.histories);
    this.#queue = new RefreshQueue({
      users,
      waiting: context.store(stores.waiting),
      refreshed: context.store(stores.refreshed),
    });
    this.#profiles = new Profiles(histories, settings.profileBytesMax);
    this.#large = new LargeProfiles({ users, histories }, () => context.monotonicMs());
    this.#foldInSeconds = context.meter.histogram('segue_fold_in_duration_seconds', {});
    this.#handOver = new HandOver(context, this.#queue);
    this.#lastInputMs = context.now();
  }

  process(listen: KeptListen): void {
    this.#lastInputMs = this.context.now();
    this.#profiles.changed(listen.user, listen.trackId, listen.history);
    this.#large.changed(listen.user, listen.trackId, listen.history);
    this.#queue.touch(listen.user, {
      producedAtMs: listen.producedAtMs,
      receivedAtMs: this.#lastInputMs,
    });
  }

  async endStep(budget: StepBudget): Promise<boolean> {
    this.#aim();
    while (!budget.farBehind && !budget.spent()) {
      const next = await this.#queue.next();
      if (next === undefined) break;
      await this.#refreshOrSetAside(next);
    }
    if (!budget.farBehind) await this.#readLarge(budget);
    this.#queue.save();
    const labels = { partition: String(this.context.slot) };
    this.context.meter.set('segue_refreshes_waiting', labels, this.#queue.waiting);
    this.#handOver.show(Math.max(0, this.#target.generation));
    return this.#queue.hasMore() || this.#large.hasMore || this.#isStale();
  }

  async #refreshOrSetAside(next: NextUser): Promise<void> {
    const started = this.#now();
    if (this.#profiles.held(next.user) === undefined && this.#large.isLarge(next.user)) {
      this.#large.add(next);
      this.#queue.setAside(next.user);
      return;
    }
    this.#refresh(next, await this.#profiles.of(next.user), started);
  }

  async #readLarge(budget: StepBudget): Promise<void> {
    const started = this.#now();
    const read = await this.#large.readOn(budget);
    if (read === undefined) return;
    this.#profiles.remember(read.next.user, read.profile);
    this.#refresh(read.next, read.profile, started);
  }

  #now(): Moment {
    return { atMs: this.context.now(), monotonicMs: this.context.monotonicMs() };
  }

  #refresh({ user, oldest }: NextUser, profile: Profile, started: Moment): void {
    const model = this.serving.modelFor(user);
    const personal = model === undefined ? undefined : this.#foldIn(model, profile);
    const generation = model?.generation ?? -1;
    const edition = personal === undefined ? this.serving.popular.edition : -1;
    this.context.meter.count('segue_refreshes_total', {
      list: personal === undefined ? 'popular' : 'personal',
    });
    const foldInMs = this.context.monotonicMs() - started.monotonicMs;
    this.context.forward({
      user,
      profile,
      model,
      ...(personal === undefined ? {} : { personal }),
      ...(oldest === undefined
        ? {}
        : { times: { ...oldest, startedAtMs: started.atMs, foldInMs } }),
    });
    this.#queue.done(user, { generation, edition });
  }

  /** undefined: too few tracks with factors for a list of one's own, or an equation without a solution. */
  #foldIn(model: ServingModel, profile: Profile): FoldedUser['personal'] {
    const history = model.known(profile);
    if (history.items.length < this.settings.tracksMin) return undefined;
    const startedMs = this.context.monotonicMs();
    const factors = this.#solve(model, history);
    if (factors === undefined) return undefined;
    this.#foldInSeconds.observe((this.context.monotonicMs() - startedMs) / 1000);
    return { history, factors };
  }

  /** A model without regularisation may leave a user without a solution: that must not stop the counting. */
  #solve(model: ServingModel, { items, plays }: KnownHistory): Float32Array | undefined {
    try {
      return model.foldIn.solve(items, plays);
    } catch (error) {
      if (!hasCode(error, 'MATRIX_SINGULAR')) throw error;
      const labels = { part: 'by-user', processor: 'fold-in-user', reason: 'singular' };
      this.context.meter.count('segue_records_dropped_total', labels);
      return undefined;
    }
  }

  /** Starts a sweep when the model changed, or when the popular list changed and it is time to pass it on. */
  #aim(): void {
    const current = this.#current();
    const { generation, edition } = current;
    if (
      isSameModel(current, this.#target) &&
      (edition === this.#target.edition || !this.#mayPassOn())
    )
      return;
    // Only a tenure that has served another generation before hands over.
    if (this.#target.generation !== NOTHING && this.#target.generation !== generation)
      this.#handOver.begin();
    this.#target = current;
    this.#lastSweepMs = this.context.now();
    this.#queue.startSweep(this.#target);
  }

  /** The popular list has changed since everybody was given it. */
  #isStale(): boolean {
    const current = this.#current();
    return !isSameModel(current, this.#target) || current.edition !== this.#target.edition;
  }

  #current(): RefreshTarget {
    const challenger = this.serving.challenger();
    return {
      ...(challenger === undefined ? {} : { challenger }),
      generation: this.serving.model()?.generation ?? -1,
      edition: this.serving.popular.edition,
    };
  }

  #mayPassOn(): boolean {
    const now = this.context.now();
    return (
      now - this.#lastInputMs >= QUIET_MS ||
      now - this.#lastSweepMs >= this.settings.popularRefreshMs
    );
  }
}
