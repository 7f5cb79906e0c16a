/** What the embedded adapter promises beyond the contract: faults for simulation, crashes, a failing disk. */
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { EmbeddedFaults } from '../../src/broker/embedded-transactional-writer';
import { SegueError } from '../../src/errors';
import { type Level, openMemoryLevel } from '../../src/store/level';
import { VirtualClock } from '../../src/virtual-clock';
import { readToEnd, record, step, valuesOf } from '../contract/broker-harness';

const TOPIC = 'topic';
const START_MS = 1_700_000_000_000;

async function open(options: { faults?: EmbeddedFaults; database?: Level } = {}) {
  const clock = new VirtualClock(START_MS);
  const database = options.database ?? (await openMemoryLevel());
  const broker = await EmbeddedBroker.open({ clock, ...options, database });
  await broker.createTopics([{ name: TOPIC, partitions: 1, cleanup: 'delete' }]);
  return { broker, clock };
}

const inDoubt = () => new SegueError('BROKER_COMMIT_IN_DOUBT', 'planted by the test');
const at = (offset: number) => [{ topic: TOPIC, partition: 0, offset }];

describe('a step', () => {
  test('shows its records and positions at one moment', async () => {
    const { broker } = await open();
    const writer = await broker.takeOver('slot', 'group');
    let isDone = false;
    const committing = (async () => {
      for (let i = 1; i <= 50; i++) await writer.commit(step([record(TOPIC, 'k', `${i}`)], at(i)));
      isDone = true;
    })();
    const seen = new Set<number>();
    while (!isDone) {
      // Both are answered from memory within one turn, so nothing comes between.
      const [committed, ranges] = await Promise.all([
        broker.committed('group', at(0)),
        broker.ranges(TOPIC),
      ]);
      const count = committed[0]?.offset ?? 0;
      expect(ranges[0]!.end).toBe(2 * count);
      seen.add(count);
    }
    await committing;
    expect(seen.size).toBeGreaterThan(1);
    await broker.close();
  });

  test('whose commit fails before it is written leaves a gap and nothing else', async () => {
    let isFaulty = false;
    const { broker } = await open({
      faults: {
        beforeCommit: () => {
          if (isFaulty) throw inDoubt();
        },
      },
    });
    const old = await broker.takeOver('slot', 'group');
    await old.commit(step([record(TOPIC, 'k', 'a')], at(1)));
    isFaulty = true;
    await expect(old.commit(step([record(TOPIC, 'k', 'b')], at(2)))).rejects.toMatchObject({
      code: 'BROKER_COMMIT_IN_DOUBT',
    });
    isFaulty = false;
    // It may not go on: whoever got an unknown answer must look first.
    await expect(old.commit(step([]))).rejects.toMatchObject({ code: 'BROKER_FENCED' });
    const next = await broker.takeOver('slot', 'group');
    expect(await broker.committed('group', at(0))).toEqual(at(1));
    await next.commit(step([record(TOPIC, 'k', 'c')], at(3)));
    const found = await readToEnd(broker, TOPIC);
    expect(found.map(({ offset }) => offset)).toEqual([0, 4]);
    expect(valuesOf(found)).toEqual(['a', 'c']);
    await broker.close();
  });

  test('whose answer alone is lost is there after the next take-over', async () => {
    const { broker } = await open({
      faults: {
        afterCommit: () => {
          throw inDoubt();
        },
      },
    });
    const old = await broker.takeOver('slot', 'group');
    await expect(old.commit(step([record(TOPIC, 'k', 'a')], at(1)))).rejects.toMatchObject({
      code: 'BROKER_COMMIT_IN_DOUBT',
    });
    await broker.takeOver('slot', 'group');
    expect(await broker.committed('group', at(0))).toEqual(at(1));
    expect(valuesOf(await readToEnd(broker, TOPIC))).toEqual(['a']);
    await broker.close();
  });

  test('that is held back over a take-over is fenced when it wakes', async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const isHeld = (id: string) => id === 'slot' && !released;
    let released = false;
    const { broker } = await open({
      faults: { beforeCommit: (id) => (isHeld(id) ? held : undefined) },
    });
    const old = await broker.connect().takeOver('slot', 'group');
    const late = expect(old.commit(step([record(TOPIC, 'k', 'late')], at(9)))).rejects;
    const next = await broker.takeOver('slot', 'group');
    released = true;
    await next.commit(step([record(TOPIC, 'k', 'new')], at(1)));
    release();
    await late.toMatchObject({ code: 'BROKER_FENCED' });
    expect(valuesOf(await readToEnd(broker, TOPIC))).toEqual(['new']);
    expect(await broker.committed('group', at(0))).toEqual(at(1));
    await broker.close();
  });
});

test('a crashed connection loses its slots when its session times out, not before', async () => {
  const { broker, clock } = await open();
  const told: string[] = [];
  const member = (name: string, connection: EmbeddedBroker) =>
    connection.join({
      groupId: 'group',
      slots: 2,
      data: () => Buffer.from(name),
      preferred: () => [],
      onAssigned: (slots) => told.push(`${name} has ${slots}`),
      onLost: () => told.push(`${name} lost`),
      sessionTimeoutMs: 1000,
    });
  await member('a', broker);
  const other = broker.connect();
  await member('b', other);
  other.crash();
  told.length = 0;
  await clock.advance(999);
  expect(told).toEqual([]);
  await clock.advance(1);
  expect(told).toEqual(['a lost', 'a has 0,1']);
  await expect(other.ranges(TOPIC)).rejects.toMatchObject({ code: 'BROKER_CLOSED' });
  await broker.close();
});

test('a member with another number of slots is refused', async () => {
  const { broker } = await open();
  const options = {
    groupId: 'group',
    data: () => Buffer.alloc(0),
    preferred: () => [],
    onAssigned: () => undefined,
    onLost: () => undefined,
  };
  await broker.join({ ...options, slots: 2 });
  await expect(broker.join({ ...options, slots: 3 })).rejects.toMatchObject({
    code: 'SETTING_INVALID',
  });
  await broker.close();
});

test('a fetch waits by the clock it was given', async () => {
  const { broker, clock } = await open();
  let answer: unknown;
  const options = { waitMsMax: 60_000, bytesMaxPerPartition: 1000 };
  const fetching = broker.fetch(at(0), options).then((batches) => {
    answer = batches;
  });
  await clock.advance(59_999);
  await Promise.resolve();
  expect(answer).toBeUndefined();
  await clock.advance(1);
  await fetching;
  expect(answer).toEqual([]);
  await broker.close();
});

test('a failed database leaves the commit in doubt and takes nothing more', async () => {
  const database = await openMemoryLevel();
  const { broker } = await open({ database });
  const writer = await broker.takeOver('slot', 'group');
  database.batch = (async () => {
    throw new Error('no space left on device');
  }) as unknown as Level['batch'];
  await expect(writer.commit(step([record(TOPIC, 'k', 'a')], at(1)))).rejects.toMatchObject({
    code: 'BROKER_COMMIT_IN_DOUBT',
  });
  expect(await readToEnd(broker, TOPIC)).toEqual([]);
  await expect(broker.takeOver('slot', 'group')).rejects.toMatchObject({
    code: 'BROKER_UNREACHABLE',
  });
  await broker.close();
});

test('a topic may take larger records by its setting', async () => {
  const { broker } = await open();
  const settings = { 'max.message.bytes': '3000000' };
  await broker.createTopics([{ name: 'large', partitions: 1, cleanup: 'delete', settings }]);
  const writer = await broker.writer();
  const value = Buffer.alloc(2_900_000);
  await writer.send([{ topic: 'large', key: null, value }]);
  expect((await readToEnd(broker, 'large'))[0]!.value).toHaveLength(2_900_000);
  await broker.close();
});
