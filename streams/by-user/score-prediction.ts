/**
 * Quality on the live stream, before the listen is learnt: when a user hears a track for the first time, was it in
 * their published list, and at which place; and would the popular list of that moment have had it. Both lists leave
 * out what the user knows, so both are judged alike.
 */
import type { History, Recommendations } from '../../schemas/records';
import type { Processor, ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import type { StateStore } from '../../src/store/state-store';
import type { PopularList } from '../model/popular-list';
import type { Serving } from './fold-in-user';
import type { KeptListen } from './keep-history';
import { historyKey, type UserStores } from './stores';

export const HIT_DEPTHS = [10, 20, 100] as const;

/** Names of the live sums begin so; what they hold depends on when lists were published, unlike all other sums. */
export const LIVE = 'live.';

export function scorePrediction(
  stores: UserStores,
  serving: Pick<Serving, 'model' | 'popular'>,
): ProcessorDefinition<KeptListen, KeptListen> {
  return {
    name: 'score-prediction',
    build: (context) => new ScorePrediction(context, stores, serving),
  };
}

class ScorePrediction implements Processor<KeptListen> {
  readonly #recommendations: StateStore<Recommendations>;
  readonly #histories: StateStore<History>;

  constructor(
    private readonly context: ProcessorContext<KeptListen>,
    stores: UserStores,
    private readonly serving: Pick<Serving, 'model' | 'popular'>,
  ) {
    this.#recommendations = context.store(stores.recommendations);
    this.#histories = context.store(stores.histories);
  }

  process(listen: KeptListen): void {
    if (listen.listenerChange === 1) {
      this.#countKnown(listen.trackId);
      const list = this.#recommendations.get(listen.user);
      if (list !== undefined) this.#score(listen, list);
    }
    this.context.forward(listen);
  }

  #score({ user, trackId }: KeptListen, list: Recommendations): void {
    const generation = String(list.generation ?? 'none');
    const place = list.tracks.findIndex((track) => track.track_id === trackId);
    const isPersonal = list.kind === 'PERSONAL';
    const [name, judged] = isPersonal
      ? (['personalList', 'personal'] as const)
      : (['popularList', 'popular-alone'] as const);
    this.#count(name, judged, generation, place < 0 ? undefined : place + 1);
    if (isPersonal) {
      const rank = this.#popularRank(user, trackId);
      this.#count('popularBeside', 'popular-beside', generation, rank);
    }
  }

  /** 1-based rank in the popular list without what the user knows; undefined: not within the depths looked at. */
  #popularRank(user: string, trackId: string): number | undefined {
    return rankAmongUnheard(this.serving.popular, trackId, (other) => {
      return (this.#histories.get(historyKey(user, other))?.plays ?? 0) > 0;
    });
  }

  #count(
    name: string,
    judged: 'personal' | 'popular-beside' | 'popular-alone',
    generation: string,
    rank: number | undefined,
  ): void {
    const { sums, meter } = this.context;
    sums.add(`${LIVE}${name}.trials`);
    meter.count('segue_prediction_trials_total', { judged, generation });
    if (rank === undefined) return;
    for (const depth of HIT_DEPTHS) {
      if (rank > depth) continue;
      sums.add(`${LIVE}${name}.hits${depth}`);
      meter.count('segue_prediction_hits_total', { judged, generation, at: String(depth) as '10' });
    }
    meter.count('segue_prediction_reciprocal_ranks_total', { judged, generation }, 1 / rank);
  }

  /** How many first listens fall on tracks that the model knows: a growing share of others asks for a retrain. */
  #countKnown(trackId: string): void {
    const model = this.serving.model();
    if (model === undefined) return;
    const factors = model.itemOf(trackId) === undefined ? 'without' : 'with';
    this.context.sums.add(`${LIVE}firstListens.${factors}`);
    this.context.meter.count('segue_model_listens_total', { factors });
  }
}

/** 1-based rank of a track among the popular ones that `isHeard` does not know; undefined below the deepest hit depth. */
export function rankAmongUnheard(
  popular: PopularList,
  trackId: string,
  isHeard: (trackId: string) => boolean,
): number | undefined {
  const place = popular.placeOf(trackId);
  if (place === undefined) return undefined;
  let rank = 1;
  for (let above = 0; above < place; above++) {
    if (!isHeard(popular.tracks[above]!.track_id)) rank += 1;
    if (rank > HIT_DEPTHS.at(-1)!) return undefined;
  }
  return rank;
}
