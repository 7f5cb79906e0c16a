/** A slot whose owner changes, or may have changed: nobody who has lost it serves or takes it. */
import type { EmbeddedMember } from '../../src/broker/embedded-groups';
import { type Clock, sleep } from '../../src/clock';
import { statuses, ToyEngine } from '../support/engine/toy-engine';
import { addUp, counts, toyTopology, type Word, wordOfSlot } from '../support/engine/toy-topology';

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

const GUEST = {
  groupId: 'toy',
  data: () => Buffer.alloc(0),
  preferred: () => [],
  onAssigned: () => undefined,
  onLost: () => undefined,
};

/** Another member comes and goes: the slots are assigned to the others all the while. */
async function rebalanced(toy: ToyEngine): Promise<void> {
  const guest = await toy.broker.join({ ...GUEST, slots: 1 });
  await guest.leave();
}

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

  it('is not taken over while the membership is open, and at once when the group gives it back', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1, fencedRetryMs: 60_000 } });
    const runner = await toy.start();
    await toy.send('word', 1);
    await toy.settle(runner);
    // As when it has stood still for longer than its session.
    (runner.membership as EmbeddedMember).slots = [];
    const rival = await toy.broker.takeOver('toy-0', 'toy');
    await toy.send('word', 10);
    await toy.clock.advance(200_000);
    expect(statuses(runner)).toEqual(['0 fenced']);
    await expect(rival.commit({ records: [], positions: [] })).resolves.toEqual([]);
    await rebalanced(toy);
    await toy.clock.advance(1000);
    expect(toy.countOf(runner, 'word')).toBe(11);
    await toy.stop(runner);
  });

  it('makes no step after a fencing before which it stood still for too long', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1, fencedRetryMs: 1000 } });
    const points: string[] = [];
    let hasStood = false;
    const faultPoint = (point: string) => {
      points.push(point);
      if (point !== 'after-fencing' || hasStood) return;
      hasStood = true;
      (toy.lastRunner!.membership as EmbeddedMember).slots = [];
    };
    // The first assignment comes before there is a membership: a guest has the slot until it leaves.
    const guest = await toy.broker.join({ ...GUEST, slots: 1 });
    const runner = await toy.start('a', { faultPoint });
    await guest.leave();
    await toy.clock.advance(900);
    expect(points).toEqual(['after-fencing']);
    expect(statuses(runner)).toEqual(['0 fenced']);
    await rebalanced(toy);
    await toy.clock.advance(100);
    expect(statuses(runner)).toEqual(['0 running']);
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
