/** A slot's life when things go wrong: commits that fail, owners that change, disks that are full. */
import type { OutputRecord } from '../../src/broker/broker';
import { partitionOf } from '../../src/broker/partitioner';
import { type Clock, sleep } from '../../src/clock';
import { SegueError } from '../../src/errors';
import { ToyEngine } from '../support/engine/toy-engine';
import { addUp, counts, toyTopology, type Word } from '../support/engine/toy-topology';

function wordOfSlot(slot: number): string {
  for (let number = 0; ; number++)
    if (partitionOf(Buffer.from(`word-${number}`), 2) === slot) return `word-${number}`;
}

function inDoubt(why: string): SegueError {
  return new SegueError('BROKER_COMMIT_IN_DOUBT', why, { retriable: true });
}

const statuses = (runner: { slots: readonly { slot: number; status: string }[] }) =>
  runner.slots.map(({ slot, status }) => `${slot} ${status}`).sort();

/** Somebody has slot 0 while its process knows nothing of it, and leaves a later commit record. */
async function overwritten(toy: ToyEngine, count: number): Promise<void> {
  const rival = await toy.broker.takeOver('toy-0', 'toy');
  const { key, value } = (await toy.records('progress')).at(-1)!;
  const codec = await toy.registry.codec<Word>('counts-value', counts.topic.schema, 'BACKWARD');
  const word = { key: Buffer.from('word'), value: codec.encode({ count }) };
  await rival.commit({
    records: [
      { topic: 'counts', partition: 0, ...word },
      { topic: 'progress', partition: 0, key, value },
    ],
    positions: [],
  });
}

/** Another member comes and goes: the slots are assigned to the others all the while. */
async function rebalanced(toy: ToyEngine): Promise<void> {
  const guest = await toy.broker.join({
    groupId: 'toy',
    slots: 1,
    data: () => Buffer.alloc(0),
    preferred: () => [],
    onAssigned: () => undefined,
    onLost: () => undefined,
  });
  await guest.leave();
}

describe('a slot whose step fails', () => {
  it.each(['before', 'after'] as const)(
    'counts each word once when a commit fails %s it is done while the next step fills',
    async (when) => {
      let failures = 3;
      const fail = async () => {
        if (failures-- > 0) throw inDoubt('planted');
      };
      const toy = await ToyEngine.open({
        faults: when === 'before' ? { beforeCommit: fail } : { afterCommit: fail },
      });
      const runner = await toy.start();
      for (let number = 1; number <= 40; number++) {
        await toy.send(`word-${number % 7}`, number);
        await toy.clock.advance(number % 30);
      }
      await toy.settle(runner);
      expect(failures).toBeLessThan(0);
      expect(toy.added(runner)).toBe((40 * 41) / 2);
      await toy.stop(runner);
    },
  );

  it('waits longer from time to time while commits go on failing', async () => {
    let attempts = 0;
    const beforeCommit = async () => {
      attempts += 1;
      throw inDoubt('planted');
    };
    const toy = await ToyEngine.open({ faults: { beforeCommit } });
    const runner = await toy.start();
    await toy.send(wordOfSlot(1), 1);
    await toy.clock.advance(60_000);
    // 50 ms, 100 ms … 5 s and then every 5 s: about 18 in a minute; 50 ms each time would be hundreds.
    expect(attempts).toBeGreaterThan(5);
    expect(attempts).toBeLessThan(30);
    await toy.stop(runner);
  });

  it('stays failed, with its reason, when a processor throws, and the other slot goes on', async () => {
    const bad = wordOfSlot(0);
    const toy = await ToyEngine.open({
      topology: toyTopology(
        addUp({
          onWord: (word) => {
            if (word === bad) throw new TypeError('a mistake in the program');
          },
        }),
      ),
    });
    const runner = await toy.start();
    await toy.send(bad, 1);
    await toy.send(wordOfSlot(1), 5);
    await toy.clock.advance(5000);
    expect(statuses(runner)).toEqual(['0 failed', '1 running']);
    const failed = runner.slots.find(({ slot }) => slot === 0)!;
    expect((failed.failure as Error).message).toBe('a mistake in the program');
    expect(failed.isIdle()).toBe(true);
    expect(toy.countOf(runner, wordOfSlot(1))).toBe(5);
    await toy.stop(runner);
    expect([...toy.open.values()]).toEqual([0, 0]);
  });

  it('fails for good where a record is too large for its topic, since trying again would end the same way', async () => {
    const beforeCommit = (_id: string, { records }: { records: readonly OutputRecord[] }) => {
      if (records.some(({ topic }) => topic === 'counts'))
        throw new SegueError('BROKER_RECORD_TOO_LARGE', 'planted');
    };
    const toy = await ToyEngine.open({ faults: { beforeCommit } });
    const runner = await toy.start();
    await toy.send(wordOfSlot(1), 1);
    await toy.clock.advance(5000);
    expect(statuses(runner)).toEqual(['0 running', '1 failed']);
    await toy.stop(runner);
  });

  it('goes on by itself when a full disk has room again, and no word is lost', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    const word = wordOfSlot(1);
    await toy.send(word, 1);
    await toy.settle(runner);
    toy.disk.onApply = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    await toy.send(word, 10);
    await toy.clock.advance(3000);
    expect(statuses(runner)).not.toContain('1 failed');
    expect(toy.warnings.join('\n')).toContain('no space left');
    toy.disk.onApply = () => undefined;
    await toy.send(word, 100);
    await toy.clock.advance(10_000);
    await toy.settle(runner);
    expect(toy.countOf(runner, word)).toBe(111);
    await toy.stop(runner);
    expect(toy.openedTwice).toBe(false);
  });

  it('stops without complaint when the last mark cannot be written', async () => {
    const toy = await ToyEngine.open();
    const runner = await toy.start();
    await toy.send('word', 3);
    await toy.settle(runner);
    toy.disk.onApply = () => {
      throw new Error('ENOSPC: no space left on device');
    };
    await toy.stop(runner);
    toy.disk.onApply = () => undefined;
    const again = await toy.start();
    await toy.settle(again);
    expect(toy.countOf(again, 'word')).toBe(3);
    await toy.stop(again);
  });
});

describe('a slot that changes hands', () => {
  it('is left alone by a process that was fenced, for as long as the setting says', async () => {
    const toy = await ToyEngine.open({ settings: { fencedRetryMs: 3000 } });
    const runner = await toy.start();
    const word = wordOfSlot(1);
    await toy.send(word, 1);
    await toy.settle(runner);
    // Somebody takes over without the group knowing, as a late newcomer does.
    const rival = await toy.broker.takeOver('toy-1', 'toy');
    for (let turn = 0; turn < 5; turn++) {
      await toy.send(word, 10);
      await toy.clock.advance(300);
    }
    await expect(rival.commit({ records: [], positions: [] })).resolves.toEqual([]);
    expect(statuses(runner)).toEqual(['0 running', '1 fenced']);
    await toy.clock.advance(6000);
    await toy.settle(runner);
    expect(toy.countOf(runner, word)).toBe(51);
    await toy.stop(runner);
  });

  it('is left alone after a commit that was fenced while the next step was full already', async () => {
    // The notice that the commit has ended must not be taken for a reason to come back at once.
    let clock: Clock | undefined;
    const toy = await ToyEngine.open({
      settings: { fencedRetryMs: 3000, stepRecordsMax: 2 },
      faults: { beforeCommit: async () => sleep(clock!, 250) },
    });
    clock = toy.clock;
    const runner = await toy.start();
    const word = wordOfSlot(1);
    await toy.settle(runner);
    for (let number = 0; number < 8; number++) await toy.send(word, 1);
    await toy.clock.advance(30);
    const rival = await toy.broker.takeOver('toy-1', 'toy');
    await toy.clock.advance(2000);
    await expect(toy.run(rival.commit({ records: [], positions: [] }))).resolves.toEqual([]);
    expect(statuses(runner)).toEqual(['0 running', '1 fenced']);
    await toy.clock.advance(10_000);
    await toy.settle(runner);
    expect(toy.countOf(runner, word)).toBe(8);
    await toy.stop(runner);
  });

  it('proves that it is still its own after a rebalance, so that nobody idle serves what is outdated', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    const runner = await toy.start('a');
    await toy.send('word', 1);
    await toy.settle(runner);
    await overwritten(toy, 7);
    await toy.clock.advance(2000);
    expect(toy.countOf(runner, 'word')).toBe(1);
    await rebalanced(toy);
    await toy.clock.advance(5000);
    expect(toy.countOf(runner, 'word')).toBe(7);
    await toy.stop(runner);
  });

  it('proves it also where the rebalance came at the very end of its take-over', async () => {
    let whenRestored = async (): Promise<void> => undefined;
    const restored = () => whenRestored();
    const topology = toyTopology(addUp({ restored }));
    const toy = await ToyEngine.open({ settings: { slots: 1 }, topology });
    const first = await toy.start('a');
    await toy.send('word', 1);
    await toy.settle(first);
    await toy.stop(first);
    whenRestored = async () => {
      whenRestored = async () => undefined;
      await overwritten(toy, 7);
      await rebalanced(toy);
    };
    const runner = await toy.start('a');
    await toy.clock.advance(5000);
    expect(toy.countOf(runner, 'word')).toBe(7);
    await toy.stop(runner);
  });

  it('goes back and forth between processes without ever being open twice in one', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start('a');
    let sent = 0;
    for (let turn = 0; turn < 4; turn++) {
      const second = await toy.start('b');
      for (let number = 0; number < 10; number++) {
        await toy.send(`word-${number}`, 1);
        sent += 1;
      }
      await toy.clock.advance(turn * 37);
      await toy.stop(second);
    }
    await toy.settle(first);
    expect(toy.added(first)).toBe(sent);
    expect(toy.openedTwice).toBe(false);
    await toy.stop(first);
  });

  it('is taken over with all its words when its process dies, and again when the disk is lost too', async () => {
    const toy = await ToyEngine.open();
    const first = await toy.start('a');
    const second = await toy.start('b');
    for (let number = 0; number < 20; number++) await toy.send(`word-${number % 3}`, 1);
    await toy.clock.advance(120);
    await toy.crash(first);
    await toy.clock.advance(60_000);
    await toy.settle(second);
    expect(toy.added(second)).toBe(20);
    await toy.crash(second);
    toy.loseDisk('b');
    await toy.clock.advance(60_000);
    const third = await toy.start('b');
    await toy.settle(third);
    expect(toy.added(third)).toBe(20);
    expect(['word-0', 'word-1', 'word-2'].map((word) => toy.countOf(third, word))).toEqual([
      7, 7, 6,
    ]);
    await toy.stop(third);
  });
});
