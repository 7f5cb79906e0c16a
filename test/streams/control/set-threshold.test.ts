import type { ProgressValue } from '../../../src/engine/topology';
import { addUp, FILTER_KEY, filterOf, setThreshold } from '../../../streams/control/set-threshold';
import { segueTopics } from '../../../streams/topics';
import { segueStores } from '../../../streams/topology';
import { budget, inContext } from '../../support/fake-processor-context';

const FILTER = segueStores(segueTopics()).filter;
const SETTINGS = {
  threshold: { kind: 'min-listeners', topShare: 0.03, listenersMin: 3 },
  filterIntervalMs: 1000,
} as const;
const BUSY = budget({ idle: false });

/** `listeners` and `tracks` as [value, how many]. */
function progress(
  slot: number,
  sums: Record<string, number>,
  listeners: readonly (readonly [number, number])[] = [],
  step = 1,
): ProgressValue {
  const bins = (pairs: readonly (readonly [number, number])[]) =>
    pairs.map(([value, count]) => ({ value, count }));
  return {
    slot,
    step,
    positions: [{ topic: 'listens', partition: slot, offset: step }],
    sums,
    histograms: {
      listenersPerTrack: bins(listeners),
      tracksPerUser: bins([[1, sums['users'] ?? 0]]),
    },
  };
}

function fixture() {
  const { context, processor } = inContext(setThreshold(FILTER, SETTINGS));
  const take = (value: ProgressValue) =>
    processor.process({
      topic: 'progress',
      partition: 0,
      offset: 0,
      timestampMs: 0,
      key: Buffer.from(`slot-${value.slot}`),
      value,
      rawValue: Buffer.alloc(0),
    });
  return { context, processor, take, filter: () => context.store(FILTER).get(FILTER_KEY) };
}

describe('set-threshold', () => {
  it('adds up what the slots said last, whatever they said before', async () => {
    const { context, processor, take, filter } = fixture();
    take(progress(0, { listens: 5, users: 1 }, [[1, 9]]));
    take(
      progress(0, { listens: 20, users: 4 }, [
        [2, 6],
        [3, 1],
      ]),
    );
    take(
      progress(1, { listens: 7, users: 2 }, [
        [3, 2],
        [80, 1],
      ]),
    );
    await processor.endStep!(budget());
    expect(filter()).toMatchObject({
      threshold: 3,
      rule: 'min-listeners',
      tracks: 10,
      tracks_in: 4,
      users: 6,
      max_unique_listeners: 80,
      crossings_in: 4,
      sums: { listens: 27, users: 6 },
    });
    expect(filter()!.table1.map(({ count }) => count)).toEqual([9, 0, 0, 0, 0, 0, 1]);
    expect(filter()!.table2.map(({ count }) => count)).toEqual([6, 0, 0, 0, 0, 0]);
    expect(context.forwarded).toHaveLength(1);
  });

  it('does not move for positions alone, or its own steps would go on for ever', async () => {
    const { context, processor, take } = fixture();
    take(progress(0, { listens: 5 }));
    await processor.endStep!(budget());
    for (let step = 2; step < 10; step++) {
      take(progress(0, { listens: 5 }, [], step));
      expect(await processor.endStep!(budget())).toBe(false);
    }
    expect(context.forwarded).toHaveLength(1);
  });

  it('publishes at most once in the interval while there is input, and loses no change', async () => {
    const { context, processor, take, filter } = fixture();
    take(progress(0, { listens: 1 }));
    await processor.endStep!(BUSY);
    take(progress(0, { listens: 2 }));
    expect(await processor.endStep!(BUSY)).toBe(true);
    expect(filter()!.sums).toEqual({ listens: 1 });
    context.advance(1000);
    expect(await processor.endStep!(BUSY)).toBe(false);
    expect(filter()!.sums).toEqual({ listens: 2 });
    take(progress(0, { listens: 3 }));
    expect(await processor.endStep!(budget())).toBe(false);
    expect(filter()!.sums).toEqual({ listens: 3 });
  });

  it('does not write what stands there already, after a restart', async () => {
    const { context, processor, take, filter } = fixture();
    take(progress(0, { listens: 1 }, [[3, 1]]));
    await processor.endStep!(budget());
    const before = filter();
    const restarted = setThreshold(FILTER, SETTINGS).build(context);
    restarted.process({
      topic: 'progress',
      partition: 0,
      offset: 0,
      timestampMs: 0,
      key: Buffer.from('slot-0'),
      value: progress(0, { listens: 1 }, [[3, 1]]),
      rawValue: Buffer.alloc(0),
    });
    await restarted.endStep!(budget());
    expect(filter()).toBe(before);
  });
});

describe('the filter', () => {
  it('counts crossings in and out, net of each update', () => {
    const rule = SETTINGS.threshold;
    const totals = (listeners: readonly (readonly [number, number])[]) =>
      addUp([progress(0, {}, listeners)]);
    const first = filterOf(totals([[3, 5]]), rule, undefined);
    const second = filterOf(
      totals([
        [3, 2],
        [2, 3],
      ]),
      rule,
      first,
    );
    const third = filterOf(
      totals([
        [4, 4],
        [2, 1],
      ]),
      rule,
      second,
    );
    expect([first, second, third].map((one) => [one.crossings_in, one.crossings_out])).toEqual([
      [5, 0],
      [5, 3],
      [7, 3],
    ]);
  });
});
