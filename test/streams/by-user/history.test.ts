import fc from 'fast-check';
import type { History } from '../../../schemas/records';
import {
  applyEvent,
  type ChunkStore,
  EMPTY_HISTORY,
  type HistoryEvent,
  playTimes,
} from '../../../streams/by-user/history';

class Chunks implements ChunkStore {
  readonly byNumber = new Map<number, History>();
  get(number: number): History | undefined {
    return this.byNumber.get(number);
  }
  put(number: number, chunk: History): void {
    this.byNumber.set(number, chunk);
  }
}

/** What a history must come to, whatever the order: heard and never deleted. */
function model(events: readonly HistoryEvent[]): number[] {
  const heard = new Set(
    events.filter(({ mark }) => mark === 'heard').map(({ listenedAt }) => listenedAt),
  );
  for (const { mark, listenedAt } of events) if (mark === 'deleted') heard.delete(listenedAt);
  return [...heard].sort((a, b) => a - b);
}

function replay(events: readonly HistoryEvent[], entriesMax: number) {
  const chunks = new Chunks();
  const outcomes: Record<string, number> = {};
  let history = EMPTY_HISTORY;
  for (const event of events) {
    const applied = applyEvent(history, event, chunks, { entriesMax });
    outcomes[applied.outcome] = (outcomes[applied.outcome] ?? 0) + 1;
    history = applied.history;
  }
  return { history, chunks, outcomes };
}

const event = fc.record({
  listenedAt: fc.integer({ min: 1_000_000_000, max: 1_000_000_060 }),
  mark: fc.constantFrom('heard' as const, 'heard' as const, 'heard' as const, 'deleted' as const),
});

describe('a history', () => {
  it('comes to the same plays in any order, with duplicates and deletions, in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 120 }),
        fc.integer({ min: 1, max: 9 }),
        (events, entriesMax) => {
          const { history, chunks } = replay(events, entriesMax);
          const times = model(events);
          expect(history.plays).toBe(times.length);
          expect(history.first_listened_at).toBe(times[0] ?? 0);
          expect(history.last_listened_at).toBe(times.at(-1) ?? 0);
          const all = [
            ...[...chunks.byNumber.values()].flatMap(({ entries }) => playTimes(entries)),
            ...playTimes(history.entries),
          ];
          expect(all.sort((a, b) => a - b)).toEqual(times);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('counts outcomes that do not depend on the order of arrival', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (events, random) => {
          const shuffled = events
            .map((one) => ({ one, key: random.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one);
          const sums = (list: readonly HistoryEvent[]) => {
            const { outcomes } = replay(list, 4);
            const { counted = 0, removed = 0, remembered = 0, duplicate = 0 } = outcomes;
            return { listens: counted - removed, deletions: removed + remembered, duplicate };
          };
          expect(sums(shuffled)).toEqual(sums(events));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('keeps records small however often a track is played', () => {
    const events = Array.from({ length: 20_000 }, (_, place) => ({
      listenedAt: 1_500_000_000 + place * 60,
      mark: 'heard' as const,
    }));
    const { history, chunks } = replay(events, 64);
    expect(history.plays).toBe(20_000);
    expect(history.entries.length).toBeLessThanOrEqual(64);
    for (const { entries } of chunks.byNumber.values())
      expect(entries.length).toBeLessThanOrEqual(64 * 8);
    expect(history.chunks.length).toBeLessThan(20_000 / 200);
  });

  it('recognises a duplicate of a listen that went to a chunk long ago', () => {
    const events = Array.from({ length: 500 }, (_, place) => ({
      listenedAt: 1_500_000_000 + place,
      mark: 'heard' as const,
    }));
    const { history, chunks } = replay(events, 16);
    for (const old of events.slice(0, 100)) {
      expect(applyEvent(history, old, chunks, { entriesMax: 16 }).outcome).toBe('duplicate');
    }
  });

  it('lets a deletion that comes first still count, and what was deleted stays deleted', () => {
    const at = 1_600_000_000;
    const heard = { listenedAt: at, mark: 'heard' } as const;
    const deleted = { listenedAt: at, mark: 'deleted' } as const;
    expect(replay([deleted, heard], 8)).toMatchObject({
      history: { plays: 0 },
      outcomes: { remembered: 1, absorbed: 1 },
    });
    expect(replay([heard, deleted, heard], 8)).toMatchObject({
      history: { plays: 0 },
      outcomes: { counted: 1, removed: 1, duplicate: 1 },
    });
  });
});
