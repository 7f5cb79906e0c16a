/** What an installation has published, read from its topics as another program would. */
import type { Model, Recommendations } from '../../../schemas/records';
import { Administration } from '../../../src/app/administration';
import { connect } from '../../../src/app/connect';
import { systemClock } from '../../../src/clock';
import { type Options, readSettings } from '../../../src/config';
import { noLogger } from '../../../src/logger';
import { lastValues } from '../../../streams/tables';
import { DenseLists, type OracleModel, oraclePopular, oraclePopularTracks } from '../oracle/lists';

export interface Published {
  readonly lists: ReadonlyMap<string, Recommendations>;
  /** Track id → the name it was sent with (the song's number). */
  readonly songOf: ReadonlyMap<string, string>;
  readonly model: OracleModel;
  readonly dense: DenseLists;
  readonly generation: number;
}

export function readPublished(options: Options): Promise<Published> {
  return withAdministration(options, async (administration) => {
    const { topics } = administration;
    const lists = await lastValues(administration, topics.recommendations);
    const counts = await lastValues(administration, topics.listenerCounts);
    const { generation } = (await administration.directory()).promoted!;
    const serving = await administration.model(generation);
    const { factorCount, alpha, lambda, nu } = serving.als.rule;
    const model: OracleModel = {
      ...{ factorCount, alpha, lambda, nu },
      factors: serving.whole().itemFactors.values,
      trackIds: serving.tracks.map(({ trackId }) => trackId),
    };
    const songOf = new Map([...counts].map(([trackId, { track_name }]) => [trackId, track_name]));
    return { lists, songOf, model, dense: new DenseLists(model), generation };
  });
}

export function publishedManifests(options: Options): Promise<readonly Model[]> {
  return withAdministration(
    options,
    async (administration) => (await administration.directory()).manifests,
  );
}

async function withAdministration<T>(
  options: Options,
  look: (administration: Administration) => Promise<T>,
): Promise<T> {
  const settings = readSettings(options, {});
  const places = await connect(settings, noLogger);
  try {
    return await look(await Administration.open({ ...places, settings, clock: systemClock }));
  } finally {
    await places.close();
  }
}

const LENGTH = 100;
const POPULAR_DEPTH = 500;

/**
 * Faults of the lists of each `every`-th user, as `user: what is wrong`; empty when all are right. `plays` and
 * `listeners` are by song.
 */
export function listFaults(
  { lists, songOf, dense, generation }: Published,
  plays: ReadonlyMap<string, ReadonlyMap<string, number>>,
  listeners: ReadonlyMap<string, number>,
  { tracksMin, every }: { readonly tracksMin: number; readonly every: number },
): string[] {
  const idOf = new Map([...songOf].map(([trackId, song]) => [song, trackId]));
  const byId = <V>(bySong: ReadonlyMap<string, V>) =>
    new Map([...bySong].map(([song, value]) => [idOf.get(song)!, value]));
  const popular = oraclePopularTracks(byId(listeners), POPULAR_DEPTH);
  const faults: string[] = [];
  for (const [user, songs] of [...plays].filter((_, place) => place % every === 0)) {
    const own = byId(songs);
    const list = lists.get(user);
    const fault = list === undefined ? 'no list' : faultOf(list, own);
    if (fault !== undefined) faults.push(`${user}: ${fault}`);
  }
  return faults;

  function faultOf(list: Recommendations, own: ReadonlyMap<string, number>): string | undefined {
    const ids = list.tracks.map(({ track_id }) => track_id);
    if (list.generation !== generation)
      return `generation ${list.generation}, expected ${generation}`;
    const kind = dense.known(own).length >= tracksMin ? 'PERSONAL' : 'POPULAR';
    if (list.kind !== kind) return `${list.kind}, expected ${kind}`;
    if (kind === 'PERSONAL') return dense.fault(ids, own, LENGTH, 1e-6);
    const expected = oraclePopular(popular, own, LENGTH);
    return JSON.stringify(ids) === JSON.stringify(expected) ? undefined : 'not the popular list';
  }
}
