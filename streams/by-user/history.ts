/**
 * The listens of one user of one track, as a set that does not care about order: each listen time carries two marks,
 * heard and deleted, and counts as a play when it was heard and not deleted. So duplicates change nothing at any
 * distance in time, a deletion removes exactly its listen, and one that comes first still counts.
 *
 * Records stay small however often a track is played: the newest times stay in the record itself, older ones move to
 * chunks of their own, whose summaries remain, so that the play count is exact.
 */
import type { History, HistoryChunk } from '../../schemas/records';

export type Mark = 'heard' | 'deleted';

/**
 * counted: a play more. duplicate: seen before. removed: a play less. remembered: a deletion ahead of its listen.
 * absorbed: a listen whose deletion came first.
 */
export type Outcome = 'counted' | 'duplicate' | 'removed' | 'remembered' | 'absorbed';

export interface HistoryEvent {
  readonly listenedAt: number;
  readonly mark: Mark;
}

/** Where chunks of one (user, track) are kept. */
export interface ChunkStore {
  get(number: number): History | undefined;
  put(number: number, chunk: History): void;
}

export interface HistoryLimits {
  /** Entries that a record keeps itself before the older half moves to a chunk. */
  readonly entriesMax: number;
}

const HEARD = 1;
const DELETED = 2;
const MARKS = 4;
/** A chunk holds so many times the entries of a record; it is read only when an old listen comes again. */
const CHUNK_FACTOR = 8;

export const EMPTY_HISTORY: History = {
  plays: 0,
  first_listened_at: 0,
  last_listened_at: 0,
  entries: [],
  chunks: [],
};

/** `history` after the event, and what the event was. The given history is not changed. */
export function applyEvent(
  history: History,
  event: HistoryEvent,
  chunks: ChunkStore,
  limits: HistoryLimits,
): { readonly history: History; readonly outcome: Outcome } {
  const place = chunkFor(history, event.listenedAt);
  if (place < 0) {
    const { entries, outcome } = mark(history.entries, event);
    if (outcome === 'duplicate') return { history, outcome };
    return { history: moveOld(summarize(entries, history.chunks), chunks, limits), outcome };
  }
  const summary = history.chunks[place]!;
  const chunk = chunks.get(summary.number) ?? EMPTY_HISTORY;
  const { entries, outcome } = mark(chunk.entries, event);
  if (outcome === 'duplicate') return { history, outcome };
  const changed = putChunk(summary.number, entries, chunks);
  const summaries = history.chunks.map((one, index) => (index === place ? changed : one));
  return {
    history: summarize(history.entries, splitLarge(summaries, place, chunks, limits)),
    outcome,
  };
}

/** Times of the plays among `entries`, ascending. */
export function playTimes(entries: readonly number[]): number[] {
  return entries.filter(isPlay).map((entry) => Math.floor(entry / MARKS));
}

function mark(
  entries: readonly number[],
  event: HistoryEvent,
): { entries: number[]; outcome: Outcome } {
  const at = lowerBound(entries, event.listenedAt * MARKS);
  const found = entries[at];
  const bit = event.mark === 'heard' ? HEARD : DELETED;
  if (found === undefined || Math.floor(found / MARKS) !== event.listenedAt) {
    const inserted = [
      ...entries.slice(0, at),
      event.listenedAt * MARKS + bit,
      ...entries.slice(at),
    ];
    return { entries: inserted, outcome: event.mark === 'heard' ? 'counted' : 'remembered' };
  }
  const marks = found % MARKS;
  if ((marks & bit) !== 0) return { entries: [...entries], outcome: 'duplicate' };
  const changed = [...entries];
  changed[at] = found + bit;
  return { entries: changed, outcome: event.mark === 'heard' ? 'absorbed' : 'removed' };
}

/** Index of the chunk whose times include this one; −1: the record's own entries do. */
function chunkFor(history: History, listenedAt: number): number {
  const { chunks, entries } = history;
  if (chunks.length === 0 || listenedAt >= Math.floor(entries[0]! / MARKS)) return -1;
  let place = chunks.length - 1;
  while (place > 0 && chunks[place]!.from > listenedAt) place -= 1;
  return place;
}

/** Totals of the record's own entries and its chunks. */
function summarize(entries: readonly number[], chunks: readonly HistoryChunk[]): History {
  const own = span(entries);
  const spans = [...chunks.filter(({ plays }) => plays > 0), ...(own.plays > 0 ? [own] : [])];
  return {
    plays: spans.reduce((plays, one) => plays + one.plays, 0),
    first_listened_at: spans[0]?.first_listened_at ?? 0,
    last_listened_at: spans.at(-1)?.last_listened_at ?? 0,
    entries: [...entries],
    chunks: [...chunks],
  };
}

function span(
  entries: readonly number[],
): Pick<HistoryChunk, 'plays' | 'first_listened_at' | 'last_listened_at'> {
  let plays = 0;
  let first = 0;
  let last = 0;
  for (const entry of entries) {
    if (!isPlay(entry)) continue;
    last = Math.floor(entry / MARKS);
    if (plays === 0) first = last;
    plays += 1;
  }
  return { plays, first_listened_at: first, last_listened_at: last };
}

/** Moves the older half of too many entries to the last chunk, or to a new one when that is full. */
function moveOld(history: History, chunks: ChunkStore, { entriesMax }: HistoryLimits): History {
  if (history.entries.length <= entriesMax) return history;
  const kept = history.entries.slice(history.entries.length >> 1);
  const moved = history.entries.slice(0, history.entries.length >> 1);
  const last = history.chunks.at(-1);
  if (last !== undefined && last.entries + moved.length <= entriesMax * CHUNK_FACTOR) {
    const before = chunks.get(last.number) ?? EMPTY_HISTORY;
    const grown = putChunk(last.number, [...before.entries, ...moved], chunks);
    return summarize(kept, [...history.chunks.slice(0, -1), grown]);
  }
  return summarize(kept, [...history.chunks, putChunk(nextNumber(history.chunks), moved, chunks)]);
}

/** A chunk that late listens have filled beyond its size becomes two. */
function splitLarge(
  summaries: HistoryChunk[],
  place: number,
  chunks: ChunkStore,
  { entriesMax }: HistoryLimits,
): HistoryChunk[] {
  const large = summaries[place]!;
  if (large.entries <= entriesMax * CHUNK_FACTOR) return summaries;
  const { entries } = chunks.get(large.number)!;
  const half = entries.length >> 1;
  const older = putChunk(large.number, entries.slice(0, half), chunks);
  const newer = putChunk(nextNumber(summaries), entries.slice(half), chunks);
  return [...summaries.slice(0, place), older, newer, ...summaries.slice(place + 1)];
}

function putChunk(number: number, entries: readonly number[], chunks: ChunkStore): HistoryChunk {
  chunks.put(number, summarize(entries, []));
  return {
    number,
    from: Math.floor(entries[0]! / MARKS),
    entries: entries.length,
    ...span(entries),
  };
}

function nextNumber(chunks: readonly HistoryChunk[]): number {
  return chunks.reduce((next, { number }) => Math.max(next, number + 1), 0);
}

function isPlay(entry: number): boolean {
  return entry % MARKS === HEARD;
}

/** Index of the first entry ≥ `wanted`; listens mostly come in order, so the end is tried first. */
function lowerBound(entries: readonly number[], wanted: number): number {
  let low = 0;
  let high = entries.length;
  if (high > 0 && entries[high - 1]! < wanted) return high;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (entries[middle]! < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
