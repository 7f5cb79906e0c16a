/** The engine by itself: a topology that knows nothing of music, on virtual time. */
import type { ProcessorContext } from '../../src/engine/processor';
import { SegueError } from '../../src/errors';
import { ToyEngine } from '../support/engine/toy-engine';
import { addUp, ticks, toyTopology } from '../support/engine/toy-topology';

describe('the engine with a topology of its own', () => {
  it('adds up, and has the same state on an empty disk', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start();
    for (let turn = 1; turn <= 20; turn++) await toy.send(`word-${turn % 5}`, turn);
    await toy.settle(first);
    expect(toy.countOf(first, 'word-0')).toBe(5 + 10 + 15 + 20);
    await toy.stop(first);
    toy.loseDisk('a');
    const second = await toy.start();
    await toy.settle(second);
    for (let word = 0; word < 5; word++)
      expect(toy.countOf(second, `word-${word}`)).toBe([50, 34, 38, 42, 46][word]);
    expect(toy.added(second)).toBe(210);
    await toy.stop(second);
  });

  it('keeps a rejected record and goes on with the next', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    await toy.send('word', -1);
    await toy.send('word', 3);
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(3);
    expect(await toy.records('dead-letters')).toHaveLength(1);
    await toy.stop(runner);
  });
});

describe('timers', () => {
  async function timed(set: (context: ProcessorContext<never>, log: string[]) => void) {
    const log: string[] = [];
    const toy = await ToyEngine.open({
      settings: { slots: 1 },
      topology: toyTopology(addUp({ onBuild: (context) => set(context, log) })),
    });
    return { toy, log, runner: await toy.start() };
  }

  it('of the wall clock fire without records, once an interval', async () => {
    const { toy, log, runner } = await timed((context, log) =>
      context.everyWallClock(1000, () => log.push('tick')),
    );
    await toy.clock.advance(10_000);
    expect(log.length).toBeGreaterThanOrEqual(9);
    expect(log.length).toBeLessThanOrEqual(11);
    await toy.stop(runner);
  });

  it('of the wall clock fire in their time also while records keep coming', async () => {
    const { toy, log, runner } = await timed((context, log) =>
      context.everyWallClock(1000, () => log.push('tick')),
    );
    for (let number = 0; number < 200; number++) {
      await toy.send('word', 1);
      await toy.clock.advance(25);
    }
    expect(log.length).toBeGreaterThanOrEqual(4);
    await toy.stop(runner);
  });

  it('may write and send: what they do is committed with the step', async () => {
    const { toy, runner } = await timed((context) =>
      context.everyWallClock(1000, () => context.send(ticks, 'tick', { count: 1 })),
    );
    await toy.clock.advance(5500);
    expect((await toy.records('ticks')).length).toBeGreaterThanOrEqual(4);
    await toy.stop(runner);
  });

  it('in stream time are moved by records only, however much time passes', async () => {
    const { toy, log, runner } = await timed((context, log) =>
      context.everyStreamTime(60_000, () => log.push(String(context.streamTimeMs()))),
    );
    await toy.clock.advance(600_000);
    expect(log).toEqual([]);
    await toy.send('word', 1);
    await toy.settle(runner);
    const first = log.length;
    await toy.clock.advance(600_000);
    expect(log).toHaveLength(first);
    await toy.send('word', 1);
    await toy.settle(runner);
    expect(log).toHaveLength(first + 1);
    await toy.stop(runner);
  });

  it('in stream time are not moved back by an old record', async () => {
    const seen: number[] = [];
    const toy = await ToyEngine.open({
      settings: { slots: 1 },
      topology: toyTopology(
        addUp({ onWord: (_word, context) => seen.push(context.streamTimeMs()) }),
      ),
    });
    const runner = await toy.start();
    await toy.send('word', 1);
    const [first] = await toy.records('words');
    await toy.sendRaw({ topic: 'words', key: first!.key, value: first!.value, timestampMs: 5 });
    await toy.settle(runner);
    expect(seen).toEqual([first!.timestampMs, first!.timestampMs]);
    await toy.stop(runner);
  });
});

describe('work after a commit', () => {
  it('is done once the step is committed, with the time of that, and not for a step that failed', async () => {
    let failures = 2;
    let processed = 0;
    const done: number[] = [];
    const toy = await ToyEngine.open({
      settings: { slots: 1 },
      faults: {
        beforeCommit: async (_id, { records }) => {
          if (records.some(({ topic }) => topic === 'counts') && failures-- > 0)
            throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'planted', { retriable: true });
        },
      },
      topology: toyTopology(
        addUp({
          onWord: (_word, context) => {
            processed += 1;
            context.afterCommit((committedAtMs) => done.push(committedAtMs));
          },
        }),
      ),
    });
    const runner = await toy.start();
    await toy.send('word', 1);
    const sentAtMs = toy.clock.now();
    await toy.settle(runner);
    expect(processed).toBe(3);
    expect(done).toHaveLength(1);
    expect(done[0]).toBeGreaterThan(sentAtMs);
    await toy.stop(runner);
  });
});
