/**
 * The tables of a stream process that has caught up, as columns: every user's tracks with the times they were played.
 * Read from the slots' own stores in order of their keys, so that nothing but the result is held in memory.
 */
import type { History } from '../../../schemas/records';
import { playTimes } from '../../../streams/by-user/history';
import { parseHistoryKey } from '../../../streams/by-user/stores';
import type { SlotState } from '../../engine/slot-state';
import { SegueError } from '../../errors';
import type { InteractionTable, ItemNames } from '../../study/interaction-table';
import type { StreamProcess } from '../stream-process';
import { GrowingColumn } from './growing-columns';

/** Nothing may be written meanwhile. */
export async function exportHistories(process: StreamProcess): Promise<InteractionTable> {
  const states = process.runner.slots.map(({ slot, state }) => {
    if (state !== undefined) return state;
    throw new SegueError('STORE_CORRUPT', `slot ${slot} does not run; run the study again`);
  });
  const items = await readItems(states, process);
  const itemOf = new Map(items.map(({ id }, item) => [id, item]));
  const rows = new HistoryRows(itemOf);
  for (const state of states) {
    await state
      .store(process.stores.histories)
      .visit('', (key, history) => rows.take(key, history));
    rows.endPair();
  }
  return { items, ...rows.inOrderOfUsers() };
}

async function readItems(
  states: readonly SlotState[],
  { stores }: StreamProcess,
): Promise<ItemNames[]> {
  const items: ItemNames[] = [];
  for (const state of states) {
    await state.store(stores.listenerCounts).visit('', (id, count) => {
      if (count.listeners > 0)
        items.push({ id, artist: count.artist_name, title: count.track_name });
    });
  }
  return items.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Pairs in order of their keys; the chunks of a long history follow its record. */
class HistoryRows {
  readonly #users: { readonly id: string; readonly from: number }[] = [];
  readonly #items = new GrowingColumn((length) => new Int32Array(length));
  readonly #playStarts = new GrowingColumn((length) => new Uint32Array(length));
  readonly #times = new GrowingColumn((length) => new Uint32Array(length));
  #pair: { readonly user: string; readonly item: number; readonly times: number[] } | undefined;

  constructor(private readonly itemOf: ReadonlyMap<string, number>) {}

  take(key: string, history: History): void {
    const { user, trackId, chunk } = parseHistoryKey(key);
    if (chunk === undefined) {
      this.endPair();
      // Without plays, what is left is the memory of deletions; the track may have no listener at all.
      if (history.plays > 0) this.#pair = { user, item: this.itemOf.get(trackId)!, times: [] };
    }
    for (const time of playTimes(history.entries)) this.#pair?.times.push(time);
  }

  endPair(): void {
    const pair = this.#pair;
    this.#pair = undefined;
    if (pair === undefined) return;
    if (this.#users.at(-1)?.id !== pair.user)
      this.#users.push({ id: pair.user, from: this.#items.length });
    this.#items.push(pair.item);
    this.#playStarts.push(this.#times.length);
    for (const time of pair.times.sort((a, b) => a - b)) this.#times.push(time);
  }

  /** Each slot's users are in order; all together they are not. */
  inOrderOfUsers(): Omit<InteractionTable, 'items'> {
    const [items, starts, times] = [this.#items, this.#playStarts, this.#times].map((column) =>
      column.values(),
    ) as [Int32Array, Uint32Array, Uint32Array];
    const ends = this.#users.map((_, at) => this.#users[at + 1]?.from ?? items.length);
    const order = this.#users.map((_, at) => at);
    order.sort((a, b) => (this.#users[a]!.id < this.#users[b]!.id ? -1 : 1));
    const table = {
      userIds: order.map((at) => this.#users[at]!.id),
      userStarts: new Uint32Array(order.length + 1),
      pairItems: new Int32Array(items.length),
      playStarts: new Uint32Array(items.length + 1),
      times: new Uint32Array(times.length),
    };
    let [pair, play] = [0, 0];
    order.forEach((at, user) => {
      table.userStarts[user] = pair;
      for (let from = this.#users[at]!.from; from < ends[at]!; from++) {
        const own = times.subarray(starts[from]!, starts[from + 1] ?? times.length);
        table.pairItems[pair] = items[from]!;
        table.playStarts[pair++] = play;
        table.times.set(own, play);
        play += own.length;
      }
    });
    table.userStarts[order.length] = pair;
    table.playStarts[pair] = play;
    return table;
  }
}
