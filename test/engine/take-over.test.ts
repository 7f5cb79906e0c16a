/** Where a slot begins to read, and when it refuses to. */

import { type Clock, sleep } from '../../src/clock';
import { isFinal } from '../../src/engine/take-over';
import { SegueError } from '../../src/errors';
import { ToyEngine } from '../support/engine/toy-engine';

async function stopped(): Promise<ToyEngine> {
  const toy = await ToyEngine.open({ settings: { slots: 1 } });
  const runner = await toy.start();
  for (let number = 0; number < 5; number++) await toy.send('word', 1);
  await toy.settle(runner);
  await toy.stop(runner);
  return toy;
}

/** Sets the group's position, as a person with Kafka's tools would. */
async function reset(toy: ToyEngine, offset: number): Promise<void> {
  const writer = await toy.broker.takeOver('somebody', 'toy');
  await writer.commit({ records: [], positions: [{ topic: 'words', partition: 0, offset }] });
  await writer.close();
}

describe('a take-over', () => {
  it('begins at the oldest record that is kept where nothing was ever committed', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    const topics = [{ name: 'words', partitions: 1, cleanup: 'delete' as const }];
    await toy.broker.createTopics(topics);
    for (let number = 0; number < 5; number++) await toy.send('word', 1);
    await toy.broker.deleteRecordsBefore({ topic: 'words', partition: 0, offset: 2 });
    const runner = await toy.start();
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(3);
    await toy.stop(runner);
  });

  it('begins where the group was set, before there is anything to disagree with', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    await toy.broker.createTopics([{ name: 'words', partitions: 1, cleanup: 'delete' }]);
    for (let number = 0; number < 5; number++) await toy.send('word', 1);
    await reset(toy, 4);
    const runner = await toy.start();
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(1);
    await toy.stop(runner);
  });

  it('stops with both values where the group stands elsewhere than the last commit record', async () => {
    const toy = await stopped();
    await reset(toy, 2);
    const runner = await toy.start();
    await toy.clock.advance(1000);
    const [slot] = runner.slots;
    expect(slot!.status).toBe('failed');
    expect(slot!.failure).toMatchObject({ code: 'SLOT_POSITIONS_DISAGREE' });
    expect((slot!.failure as Error).message).toMatch(/words\/0 at 2, but the last .* says 5/);
    await toy.stop(runner);
  });

  it.each([
    ['beyond the end', async (toy: ToyEngine) => reset(toy, 999), 'SLOT_POSITIONS_DISAGREE'],
    [
      'lost to retention',
      async (toy: ToyEngine) => {
        for (let number = 0; number < 5; number++) await toy.send('word', 1);
        await toy.broker.deleteRecordsBefore({ topic: 'words', partition: 0, offset: 8 });
      },
      'BROKER_OFFSET_OUT_OF_RANGE',
    ],
  ])('never skips what is %s in silence', async (_what, spoil, code) => {
    const toy = await stopped();
    await spoil(toy);
    const runner = await toy.start();
    await toy.clock.advance(1000);
    expect(runner.slots[0]!.failure).toMatchObject({ code });
    await toy.stop(runner);
  });

  it('goes on where somebody has set the group after records were lost to retention', async () => {
    const toy = await stopped();
    for (let number = 0; number < 5; number++) await toy.send('word', 1);
    await toy.broker.deleteRecordsBefore({ topic: 'words', partition: 0, offset: 8 });
    await reset(toy, 8);
    const runner = await toy.start();
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(5 + 2);
    expect(toy.warnings.join()).toMatch(/goes on at 8 of words.*from 5 on are lost/);
    await toy.stop(runner);
  });

  it('fails a slot whose next records are lost to retention while it runs', async () => {
    let clock: Clock | undefined;
    let commitMs = 0;
    const toy = await ToyEngine.open({
      settings: { slots: 1, queueBytesMax: 100, stepRecordsMax: 1 },
      faults: { beforeCommit: async () => sleep(clock!, commitMs) },
    });
    clock = toy.clock;
    const runner = await toy.start();
    commitMs = 3000;
    // While the first ones are being committed the queue is full, and nothing is fetched.
    for (let number = 0; number < 20; number++) await toy.send('word', 1);
    await toy.broker.deleteRecordsBefore({ topic: 'words', partition: 0, offset: 15 });
    await toy.clock.advance(60_000);
    expect(runner.slots[0]!.failure).toMatchObject({ code: 'BROKER_OFFSET_OUT_OF_RANGE' });
    expect(runner.slots[0]!.status).toBe('failed');
    await toy.stop(runner);
  });

  it('goes on at the last commit record where the group has forgotten its positions', async () => {
    const toy = await stopped();
    jest.spyOn(toy.broker.constructor.prototype, 'committed').mockResolvedValueOnce([]);
    const runner = await toy.start();
    await toy.send('word', 1);
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(6);
    await toy.stop(runner);
    jest.restoreAllMocks();
  });

  it('is tried again later where the directory is in use, and not by force', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    let isLocked = true;
    const open = toy.openDisk.bind(toy);
    toy.openDisk = async (path) => {
      if (isLocked) throw new SegueError('STORE_LOCKED', 'in use', { retriable: true });
      return open(path);
    };
    const runner = await toy.start();
    await toy.send('word', 1);
    await toy.clock.advance(5000);
    expect(runner.slots[0]!.status).toBe('taking over');
    isLocked = false;
    await toy.settle(runner);
    expect(toy.countOf(runner, 'word')).toBe(1);
    await toy.stop(runner);
  });

  it('is not tried without a pause when the group has doubts meanwhile', async () => {
    const toy = await ToyEngine.open({ settings: { slots: 1 } });
    let attempts = 0;
    const open = toy.openDisk.bind(toy);
    toy.openDisk = async (path) => {
      attempts += 1;
      if (attempts < 500) throw new SegueError('STORE_LOCKED', 'in use', { retriable: true });
      return open(path);
    };
    const runner = await toy.start();
    runner.slots[0]!.proveOwnership();
    await toy.clock.advance(5000);
    expect(attempts).toBeLessThan(20);
    await toy.stop(runner);
  });
});

describe('an error of a take-over', () => {
  it.each([
    ['BROKER_UNREACHABLE', false],
    ['BROKER_COMMIT_IN_DOUBT', false],
    ['STORE_UNWRITABLE', false],
    ['SLOT_POSITIONS_DISAGREE', true],
    ['BROKER_OFFSET_OUT_OF_RANGE', true],
    ['BROKER_RECORD_TOO_LARGE', true],
  ] as const)('with code %s is final: %s', (code, expected) => {
    expect(isFinal(new SegueError(code, 'planted'))).toBe(expected);
  });

  it('is final when it is a mistake of the program', () => {
    expect(isFinal(new TypeError('planted'))).toBe(true);
  });
});
