/**
 * Mistakes planted into the program and its adapters, one for each thing that a campaign checks: a simulation that finds
 * none of them proves nothing.
 */
import type { StreamProcess } from '../../src/app/stream-process';
import type {
  AtomicStep,
  FetchedBatch,
  Position,
  TransactionalWriter,
} from '../../src/broker/broker';
import type { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { ProcessorContext, ProcessorDefinition } from '../../src/engine/processor';
import { hasCode, SegueError } from '../../src/errors';
import type { Random } from '../../src/random';
import type { StateStore } from '../../src/store/state-store';
import type { CommitPath } from './simulated-broker';
import type { BatchFilter } from './simulated-disk';

export const PLANTED_FAULTS = [
  'duplicates are not recognised',
  'deletions are ignored',
  'a dead letter is lost now and then',
  'a list holds a track that was heard',
  'a list is ranked by one generation and names another',
  'outputs are committed before positions',
  'a fenced owner writes all the same',
  'positions are set back now and then',
  'a table record is lost now and then',
  'the mark is written before the content it stands for',
  'a restore leaves the last record out',
] as const;

export type PlantedFaultName = (typeof PLANTED_FAULTS)[number];

export class PlantedFault {
  constructor(private readonly name: PlantedFaultName | undefined) {}

  /** Changes processors of the topology. */
  prepare({ topology, stores }: StreamProcess): void {
    const wrap = (processor: string, change: (context: AnyContext) => Partial<AnyContext>) => {
      for (const part of topology.parts) {
        const processors = part.processors as ProcessorDefinition<unknown, unknown>[];
        const place = processors.findIndex(({ name }) => name === processor);
        if (place >= 0) processors[place] = changed(processors[place]!, change);
      }
    };
    if (this.name === 'duplicates are not recognised')
      wrap('keep-history', ({ store }) => ({ store: forgetful(store, stores.histories.name) }));
    if (this.name === 'deletions are ignored')
      wrap('clean-listen', ({ forward }) => ({
        forward: (listen) => {
          if ((listen as { kind: string }).kind !== 'DELETION') forward(listen);
        },
      }));
    if (this.name === 'a dead letter is lost now and then')
      wrap('clean-listen', ({ deadLetter }) => {
        let letters = 0;
        return {
          deadLetter: (reason, detail) => {
            letters += 1;
            if (letters % 5 !== 0) deadLetter(reason, detail);
          },
        };
      });
    if (this.name === 'a list holds a track that was heard')
      wrap('recommend-tracks', ({ forward }) => ({
        forward: (ranked) => forward(withHeard(ranked)),
      }));
    if (this.name === 'a list is ranked by one generation and names another')
      wrap('recommend-tracks', ({ forward }) => ({ forward: misnaming(forward) }));
  }

  /** What stands between a machine and the broker. */
  path(connection: EmbeddedBroker, random: Random): Omit<CommitPath, 'losesAnswer'> {
    const honest = (writer: TransactionalWriter, step: AtomicStep) => writer.commit(step);
    const commits: Partial<Record<PlantedFaultName, CommitPath['commit']>> = {
      'outputs are committed before positions': inTwo(random),
      'a fenced owner writes all the same': unfenced(connection),
      'positions are set back now and then': settingBack(random),
      'a table record is lost now and then': losing(random),
    };
    const isForgetful = this.name === 'a restore leaves the last record out';
    return {
      commit: (this.name === undefined ? undefined : commits[this.name]) ?? honest,
      fetched: (batches) => (isForgetful ? batches.map(withoutLast) : batches),
    };
  }

  batchFilter(): BatchFilter {
    return this.name === 'the mark is written before the content it stands for'
      ? holdingBack()
      : (batch) => batch;
  }
}

type AnyContext = ProcessorContext<unknown>;

function changed(
  definition: ProcessorDefinition<unknown, unknown>,
  change: (context: AnyContext) => Partial<AnyContext>,
): ProcessorDefinition<unknown, unknown> {
  return {
    ...definition,
    build: (context) => {
      // The context has getters, which a spread would freeze.
      const own = Object.create(context) as AnyContext;
      return definition.build(Object.assign(own, change(context)));
    },
  };
}

/** The times of listens are not remembered. */
function forgetful(store: AnyContext['store'], name: string): AnyContext['store'] {
  return ((definition: Parameters<AnyContext['store']>[0]) => {
    const honest = store(definition) as StateStore<{ entries: number[] }>;
    if (definition.name !== name) return honest;
    const own = Object.create(honest) as StateStore<{ entries: number[] }>;
    own.get = (key) => {
      const value = honest.get(key);
      return value === undefined ? undefined : { ...value, entries: [] };
    };
    own.put = (key, value) => honest.put(key, value);
    return own;
  }) as AnyContext['store'];
}

function withHeard(ranked: unknown): unknown {
  const { tracks, profile } = ranked as {
    tracks: { track_id: string }[];
    profile: { plays: ReadonlyMap<string, number> };
  };
  const [heard] = profile.plays.keys();
  if (heard === undefined || tracks.length === 0) return ranked;
  const last = { ...tracks.at(-1)!, track_id: heard };
  return { ...(ranked as object), tracks: [...tracks.slice(0, -1), last] };
}

function misnaming(forward: (ranked: unknown) => void): (ranked: unknown) => void {
  let first: unknown;
  return (ranked) => {
    const { model } = ranked as { model: unknown };
    first ??= model;
    forward(model === undefined ? ranked : { ...(ranked as object), model: first });
  };
}

function inTwo(random: Random): CommitPath['commit'] {
  return async (writer, { records, positions }) => {
    const behind = await writer.commit({ records, positions: [] });
    if (random.next() < 0.1)
      throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'between the two', { retriable: true });
    await writer.commit({ records: [], positions });
    return behind;
  };
}

function unfenced(connection: EmbeddedBroker): CommitPath['commit'] {
  return async (writer, step) => {
    try {
      return await writer.commit(step);
    } catch (error) {
      if (hasCode(error, 'BROKER_FENCED')) await connection.append(step.records);
      throw error;
    }
  };
}

function settingBack(random: Random): CommitPath['commit'] {
  const back = (position: Position) => ({ ...position, offset: Math.max(0, position.offset - 1) });
  return (writer, { records, positions }) =>
    writer.commit({ records, positions: random.next() < 0.1 ? positions.map(back) : positions });
}

function losing(random: Random): CommitPath['commit'] {
  return (writer, { records, positions }) => {
    const lost = records.findIndex(({ topic }) => topic === 'listener-counts');
    const kept = random.next() < 0.1 ? records.filter((_, place) => place !== lost) : records;
    return writer.commit({ records: kept, positions });
  };
}

function withoutLast(batch: FetchedBatch): FetchedBatch {
  return batch.topic === 'histories' ? { ...batch, records: batch.records.slice(0, -1) } : batch;
}

/** Entries of histories reach the disk with the batch after theirs. */
function holdingBack(): BatchFilter {
  let held: [string, Buffer | Uint8Array | string | null][] = [];
  return (batch) => {
    const put = batch.put.bind(batch);
    const del = batch.del.bind(batch);
    for (const [key, value] of held) {
      if (value === null) del(key);
      else put(key, value as Buffer);
    }
    held = [];
    return Object.assign(batch, {
      put: (key: string, value: Buffer) => {
        if (!key.startsWith('h')) return put(key, value);
        held.push([key, value]);
        return batch;
      },
    });
  };
}
