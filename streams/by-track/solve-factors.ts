/**
 * Gives a new track its factors in the serving generation: the item half step over what its listeners have told. What
 * was told is held in memory only; if it is lost, `ask-listeners` asks again.
 */
import type { ListenerCount, ListenerFactors, Model, NewTrack } from '../../schemas/records';
import { solveNewItem } from '../../src/als/new-item';
import { partitionOf } from '../../src/broker/partitioner';
import type {
  InputRecord,
  Processor,
  ProcessorContext,
  ProcessorDefinition,
} from '../../src/engine/processor';
import type { TableDefinition } from '../../src/engine/topology';
import { hasCode } from '../../src/errors';
import type { StateStore } from '../../src/store/state-store';
import { bytesToDoubles, bytesToFloats, floatBytes, ruleFromRecord } from '../model/model-codec';
import { additionKey, type NewTracks } from '../model/new-tracks';
import type { SegueTopics } from '../topics';

export interface SolvingParts {
  readonly newTracks: NewTracks;
  readonly manifest: (generation: number) => Model | undefined;
}

export function solveFactors(
  topics: SegueTopics,
  listenerCounts: TableDefinition<ListenerCount>,
  parts: SolvingParts,
): ProcessorDefinition<InputRecord<ListenerFactors>, never> {
  return {
    name: 'solve-factors',
    sinks: [topics.itemAdditions],
    build: (context) => new SolveFactors(context, topics, context.store(listenerCounts), parts),
  };
}

/** Of one question, by slot. */
interface Collected {
  readonly generation: number;
  readonly asked: number;
  readonly bySlot: Map<number, ListenerFactors>;
  /** Offset of the last answer. */
  answeredAt: number;
}

class SolveFactors implements Processor<InputRecord<ListenerFactors>> {
  readonly #collected = new Map<string, Collected>();
  constructor(
    private readonly context: ProcessorContext<never>,
    private readonly topics: SegueTopics,
    private readonly counts: StateStore<ListenerCount>,
    private readonly parts: SolvingParts,
  ) {}

  process({ key, value, offset }: InputRecord<ListenerFactors>): void {
    const trackId = key!.toString('utf8');
    const { generation, asked, slot } = value;
    const known = this.#collected.get(trackId);
    if (known?.generation === generation && known.asked === asked) {
      known.bySlot.set(slot, value);
      known.answeredAt = offset;
      return;
    }
    const bySlot = new Map([[slot, value]]);
    this.#collected.set(trackId, { generation, asked, bySlot, answeredAt: offset });
  }

  async endStep(): Promise<boolean> {
    for (const [trackId, collected] of this.#collected) {
      const question = this.parts.newTracks.asked(trackId);
      // This process may not have heard of the question yet.
      if (question === undefined || isBefore(question, collected)) continue;
      if (!isOf(question, collected) || !this.parts.newTracks.isWaiting(trackId))
        this.#collected.delete(trackId);
      else if (this.#isComplete(question, collected)) this.#publish(trackId, collected);
    }
    return false;
  }

  #isComplete({ users }: NewTrack, { bySlot }: Collected): boolean {
    return users.every((user) => bySlot.has(partitionOf(Buffer.from(user), this.context.slots)));
  }

  #publish(trackId: string, { generation, asked, bySlot, answeredAt }: Collected): void {
    this.#collected.delete(trackId);
    const manifest = this.parts.manifest(generation);
    if (manifest === undefined || manifest.user_gramian.length === 0) return;
    const rows = listenersOf([...bySlot.values()], manifest.rule.factor_count);
    const factors = this.#solve(manifest, rows);
    const { artist_name, track_name } = this.counts.get(trackId)!;
    const addition = {
      generation,
      track_id: trackId,
      artist_name,
      track_name,
      asked,
      listeners: rows.length,
      factors: factors === undefined ? Buffer.alloc(0) : floatBytes(factors),
    };
    this.context.send(this.topics.itemAdditions, additionKey(addition, answeredAt), addition);
    const outcome = factors === undefined ? 'without' : 'with';
    this.context.meter.count('segue_new_tracks_total', { factors: outcome });
  }

  #solve(manifest: Model, rows: readonly Listener[]): Float32Array | undefined {
    if (rows.length === 0) return undefined;
    const columns = manifest.rule.factor_count;
    const values = new Float32Array(rows.length * columns);
    for (const [row, { factors }] of rows.entries()) values.set(factors, row * columns);
    try {
      return solveNewItem(
        {
          rule: ruleFromRecord(manifest.rule),
          userGramian: bytesToDoubles(manifest.user_gramian),
          users: manifest.users,
        },
        { rows: rows.length, columns, values },
        Float32Array.from(rows, ({ plays }) => plays),
      );
    } catch (error) {
      if (!hasCode(error, 'MATRIX_SINGULAR')) throw error;
      return undefined;
    }
  }
}

interface Listener {
  readonly user: string;
  readonly plays: number;
  readonly factors: Float32Array;
}

/** Ascending by user: the same answers give the same bits, in whatever order they came. */
function listenersOf(told: readonly ListenerFactors[], columns: number): Listener[] {
  const listeners = told.flatMap(({ users, plays, factors }) => {
    const values = bytesToFloats(factors);
    return users.map((user, row) => ({
      user,
      plays: plays[row]!,
      factors: values.subarray(row * columns, (row + 1) * columns),
    }));
  });
  return listeners.sort((a, b) => (a.user < b.user ? -1 : 1));
}

function isOf({ generation, users }: NewTrack, collected: Collected): boolean {
  return generation === collected.generation && users.length === collected.asked;
}

/** True where the answer is to a later question than this process knows of. */
function isBefore({ generation, users }: NewTrack, collected: Collected): boolean {
  if (generation !== collected.generation) return generation < collected.generation;
  return users.length < collected.asked;
}
