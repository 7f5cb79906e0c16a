/** Every list ever published against a dense solve of the model it names and the listens it knows. */
import type { ItemAddition, Model, Recommendations } from '../../schemas/records';
import {
  DenseLists,
  type OracleModel,
  oraclePopular,
  oraclePopularTracks,
} from '../support/oracle/lists';
import { few } from './differences';
import type { Heard, Ledger } from './ledger';

export const LIST_LENGTH = 10;
export const TRACKS_MIN = 4;
const POPULAR_DEPTH = 500;
/** Of scores; the fold-in works in float32, and so are they stored. */
const TOLERANCE = 1e-5;
/** Held at a time. */
const MODELS_MAX = 50;

export interface PublishedList {
  readonly user: string;
  readonly list: Recommendations;
}

export interface TakenAddition {
  readonly offset: number;
  readonly addition: ItemAddition;
}

export interface ListCheck {
  /** All, in the order in which each user's were published. */
  readonly published: readonly PublishedList[];
  readonly manifests: ReadonlyMap<string, Model>;
  readonly models: ReadonlyMap<string, OracleModel>;
  /** All, in the order of their topic. */
  readonly additions: readonly TakenAddition[];
  readonly ledger: Ledger;
}

type Plays = ReadonlyMap<string, number>;

export class ListChecker {
  readonly #dense = new Map<string, DenseLists | undefined>();

  constructor(private readonly check: ListCheck) {}

  /** Of all lists, each as of its own position. */
  differences(): string[] {
    // In order of what they name, so that few models are held at a time.
    const published = [...this.check.published].sort(
      (a, b) =>
        (a.list.generation ?? -1) - (b.list.generation ?? -1) ||
        a.list.additions - b.list.additions,
    );
    const wrong = published.flatMap(({ user, list }) => {
      const fault = this.#fault(user, list);
      return fault === undefined ? [] : [`list of ${user} at ${list.position}: ${fault}`];
    });
    return few(wrong);
  }

  /** A list when it was published: by the listens up to its position. */
  #fault(user: string, list: Recommendations): string | undefined {
    const heard = this.check.ledger.heard(user, list.position);
    const plays = playsOf(heard);
    const own = list.tracks.find(({ track_id }) => plays.has(track_id));
    if (own !== undefined) return `holds ${own.track_id}, which they have heard`;
    const listens = [...plays.values()].reduce((sum, count) => sum + count, 0);
    if (list.listens !== listens) return `knows ${list.listens} listens of ${listens}`;
    const newest = Math.max(0, ...[...heard.values()].flat());
    if (list.newest_listened_at !== newest)
      return `newest listen ${list.newest_listened_at}, expected ${newest}`;
    const { generation, additions } = list;
    const model = generation === null ? undefined : this.#model(generation, additions);
    if (list.generation !== null && model === undefined)
      return `names generation ${list.generation}, which there never was`;
    const kind = kindFor(model, plays);
    if (list.kind !== kind) return `${list.kind}, expected ${kind}`;
    return model !== undefined && kind === 'PERSONAL'
      ? personalFault(list, model, plays)
      : undefined;
  }

  /** Everybody's last list, when all is quiet: by all their listens, under the model that serves. */
  finalDifferences(): string[] {
    const { published, ledger, manifests } = this.check;
    const last = new Map(published.map(({ user, list }) => [user, list]));
    const promoted = [...manifests.values()].find(({ state }) => state === 'PROMOTED');
    const popular = oraclePopularTracks(ledger.truth().listeners, POPULAR_DEPTH);
    const faults = ledger.users().flatMap((user) => {
      const plays = playsOf(ledger.heard(user));
      if (plays.size === 0) return [];
      const list = last.get(user);
      if (list === undefined) return [`${user} has no list`];
      const generation = promoted?.generation ?? null;
      if (list.generation !== generation)
        return [`${user} was last listed by generation ${list.generation}, ${generation} serves`];
      const fault = this.#finalFault(list, plays, oraclePopular(popular, plays, LIST_LENGTH));
      return fault === undefined ? [] : [`last list of ${user}: ${fault}`];
    });
    return few(faults);
  }

  /**
   * A list stands while it would come out the same, so it is right under the additions that it names, or under some that
   * came later and changed nothing for the user when they last listened.
   */
  #finalFault(
    { generation, additions, tracks }: Recommendations,
    plays: Plays,
    popular: readonly string[],
  ): string | undefined {
    const ids = tracks.map(({ track_id }) => track_id);
    const later = this.#own(generation).filter(({ offset }) => offset >= additions);
    const faults = [additions, ...later.map(({ offset }) => offset + 1)].map((upTo) => {
      const model = generation === null ? undefined : this.#model(generation, upTo);
      return model !== undefined && kindFor(model, plays) === 'PERSONAL'
        ? model.fault(ids, plays, LIST_LENGTH, TOLERANCE)
        : popularFault(ids, popular);
    });
    return faults.includes(undefined) ? undefined : faults[0];
  }

  #own(generation: number | null): TakenAddition[] {
    return this.check.additions.filter(({ addition }) => addition.generation === generation);
  }

  /** A generation with its additions before an offset. */
  #model(generation: number, upTo: number): DenseLists | undefined {
    const additions = this.#own(generation).filter(({ offset }) => offset < upTo);
    const name = `${generation} ${additions.length}`;
    if (!this.#dense.has(name)) {
      if (this.#dense.size >= MODELS_MAX) this.#dense.delete(this.#dense.keys().next().value!);
      const attempt = this.check.manifests.get(String(generation))?.attempt ?? '';
      const model = this.check.models.get(attempt);
      this.#dense.set(
        name,
        model === undefined ? undefined : new DenseLists(grown(model, additions)),
      );
    }
    return this.#dense.get(name);
  }
}

/** With the tracks that came later, not those trained; a second addition of a track replaces the first. */
function grown(model: OracleModel, additions: readonly TakenAddition[]): OracleModel {
  const rows = new Map<string, Float32Array>();
  for (const { addition } of additions) {
    const { factors, track_id } = addition;
    if (factors.length === 0 || model.trackIds.includes(track_id)) continue;
    const row = new Float32Array(model.factorCount);
    Buffer.from(row.buffer).set(factors);
    rows.set(track_id, row);
  }
  return {
    ...model,
    trackIds: [...model.trackIds, ...rows.keys()],
    factors: Float32Array.from([
      ...model.factors,
      ...[...rows.values()].flatMap((row) => [...row]),
    ]),
  };
}

function playsOf(heard: Heard): Map<string, number> {
  return new Map([...heard].map(([track, times]) => [track, times.length]));
}

function kindFor(model: DenseLists | undefined, plays: Plays): 'PERSONAL' | 'POPULAR' {
  return model !== undefined && model.known(plays).length >= TRACKS_MIN ? 'PERSONAL' : 'POPULAR';
}

/** Order, scores, and a reason that is one of the user's own tracks. */
function personalFault(
  { tracks }: Recommendations,
  model: DenseLists,
  plays: Plays,
): string | undefined {
  const ids = tracks.map(({ track_id }) => track_id);
  const order = model.fault(ids, plays, LIST_LENGTH, TOLERANCE);
  if (order !== undefined) return order;
  for (const { track_id, score, because } of tracks) {
    const expected = model.scoreOf(track_id, plays)!;
    if (!(Math.abs(score - expected) <= TOLERANCE * Math.max(1, Math.abs(expected))))
      return `scores ${track_id} ${score}, expected ${expected}`;
    if (because === null || !plays.has(because)) return `gives ${because} as a reason`;
  }
  return undefined;
}

function popularFault(ids: readonly string[], expected: readonly string[]): string | undefined {
  return JSON.stringify(ids) === JSON.stringify(expected)
    ? undefined
    : `is ${ids.join(' ')}, the popular list ${expected.join(' ')}`;
}
