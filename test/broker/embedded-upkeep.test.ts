import type { TopicSpec } from '../../src/broker/broker';
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { noLogger } from '../../src/logger';
import { mulberry32 } from '../../src/random';
import { openMemoryLevel } from '../../src/store/level';
import { VirtualClock } from '../../src/virtual-clock';
import { eventually, readToEnd, record, step, valuesOf } from '../contract/broker-harness';

const DAY_MS = 86_400_000;
const START_MS = 1_700_000_000_000;
/** Upkeep happens when the test says so. */
const NEVER_MS = 1e15;

async function open(spec: Partial<TopicSpec>, upkeepIntervalMs = NEVER_MS) {
  const clock = new VirtualClock(START_MS);
  const database = await openMemoryLevel();
  const broker = await EmbeddedBroker.open({ database, clock, upkeepIntervalMs });
  await broker.createTopics([{ name: 'topic', partitions: 1, cleanup: 'compact', ...spec }]);
  const writer = await broker.writer();
  const write = (...pairs: readonly (readonly [key: string, value: string | null])[]) =>
    writer.send(pairs.map(([key, value]) => record('topic', key, value)));
  const values = async () => valuesOf(await readToEnd(broker, 'topic'));
  return { broker, clock, write, values };
}

describe('compaction', () => {
  test('leaves what is younger than the lag', async () => {
    const { broker, clock, write, values } = await open({ compactionLagMs: 1000 });
    await write(['a', '1'], ['a', '2']);
    await clock.advance(900);
    await write(['a', '3']);
    await write(['a', '4']);
    await clock.advance(100);
    await broker.upkeep();
    expect(await values()).toEqual(['2', '3', '4']);
    await clock.advance(900);
    await broker.upkeep();
    expect(await values()).toEqual(['3', '4']);
    await broker.close();
  });

  test('never touches the newest batch, whose offsets a reader may stand at', async () => {
    const { broker, write, values } = await open({});
    await write(['a', '1'], ['a', '2']);
    await broker.upkeep();
    expect(await values()).toEqual(['1', '2']);
    await broker.close();
  });

  test('waits until enough is dirty', async () => {
    const { broker, write, values } = await open({});
    await write(...Array.from({ length: 100 }, (_, i) => [`k${i}`, 'x'] as const));
    await write(['k0', 'y']);
    await broker.upkeep();
    await write(['k1', 'y']);
    await write(['k2', 'y']);
    await broker.upkeep();
    expect(await values()).toHaveLength(103);
    await write(...Array.from({ length: 100 }, (_, i) => [`k${i}`, 'z'] as const));
    await write(['end', 'z']);
    await broker.upkeep();
    expect(await values()).toHaveLength(101);
    await broker.close();
  });

  test('keeps a tombstone for its time after the first cleaning that met it', async () => {
    const settings = { 'min.cleanable.dirty.ratio': '0' };
    const { broker, clock, write, values } = await open({ settings });
    await write(['a', '1'], ['b', '1']);
    await write(['a', null], ['c', '1']);
    await write(['end', '1']);
    // Old before the first cleaning: a reader may still be between value and tombstone.
    await clock.advance(3 * DAY_MS);
    await broker.upkeep();
    expect(await values()).toEqual(['1', null, '1', '1']);
    await clock.advance(DAY_MS - 1);
    // Rewriting its batch for another reason does not begin the time anew.
    await write(['c', '2'], ['end', '2']);
    await write(['end', '2']);
    await broker.upkeep();
    expect(await values()).toContain(null);
    await clock.advance(1);
    await write(['end', '3']);
    await broker.upkeep();
    expect(await values()).not.toContain(null);
    await broker.close();
  });

  test('happens by itself in time', async () => {
    const { broker, clock, write, values } = await open({}, 15_000);
    await write(['a', '1'], ['a', '2']);
    await write(['end', '1']);
    await clock.advance(15_000);
    await eventually(values, ['2', '1']);
    await broker.close();
  });

  test('that fails is said, and tried again', async () => {
    const database = await openMemoryLevel();
    const clock = new VirtualClock(START_MS);
    const warned: string[] = [];
    const logger = { ...noLogger, warn: (message: string) => warned.push(message) };
    const broker = await EmbeddedBroker.open({ database, clock, logger, upkeepIntervalMs: 1000 });
    await broker.createTopics([{ name: 'topic', partitions: 1, cleanup: 'compact' }]);
    const writer = await broker.writer();
    for (const value of ['1', '2', '3']) await writer.send([record('topic', 'a', value)]);
    const { put } = database;
    database.put = (async () => {
      throw new Error('no space left on device');
    }) as unknown as typeof put;
    await clock.advance(1000);
    await eventually(() => warned, ['retention and compaction failed']);
    database.put = put;
    await clock.advance(1000);
    await eventually(async () => valuesOf(await readToEnd(broker, 'topic')), ['2', '3']);
    await broker.close();
  });

  test('merges what it leaves, so that many updates are few batches', async () => {
    const database = await openMemoryLevel();
    const broker = await EmbeddedBroker.open({ database, clock: new VirtualClock(START_MS) });
    await broker.createTopics([{ name: 'topic', partitions: 1, cleanup: 'compact' }]);
    const writer = await broker.writer();
    for (let i = 0; i < 300; i++) await writer.send([record('topic', `k${i % 100}`, `${i}`)]);
    await writer.send([record('topic', 'end', 'in the newest batch')]);
    await broker.upkeep();
    const keys = await database.keys({ keyEncoding: 'buffer' }).all();
    expect(keys.filter((key) => (key as unknown as Buffer)[0] === 1)).toHaveLength(2);
    expect(await readToEnd(broker, 'topic')).toHaveLength(101);
    await broker.close();
  });

  test('agrees with a plain replay whatever happens between, also after a restart', async () => {
    for (let seed = 1; seed <= 25; seed++) await comparedWithReplay(seed);
  });
});

/** Random writes, steps, tombstones, cleanings, waits and restarts: the last values per key are those of a map. */
async function comparedWithReplay(seed: number): Promise<void> {
  const random = mulberry32(seed);
  const clock = new VirtualClock(START_MS);
  const database = await openMemoryLevel();
  const settings = { 'min.cleanable.dirty.ratio': '0', 'delete.retention.ms': '50' };
  const expected = new Map<string, string | null>();
  for (let life = 0; life < 3; life++) {
    await database.open();
    const broker = await EmbeddedBroker.open({ database, clock, upkeepIntervalMs: NEVER_MS });
    await broker.createTopics([
      { name: 'topic', partitions: 1, cleanup: 'compact', compactionLagMs: 10, settings },
    ]);
    const writer = await broker.writer();
    const slot = await broker.takeOver('slot', 'group');
    for (let round = 0; round < 30; round++) {
      const records = Array.from({ length: 1 + random.below(5) }, (_, i) => {
        const value = random.below(5) === 0 ? null : `${life} ${round} ${i}`;
        return record('topic', `k${random.below(12)}`, value);
      });
      for (const { key, value } of records) expected.set(`${key}`, value && `${value}`);
      await clock.advance(random.below(12));
      // Not awaited: cleaning runs beside the writes, and the restart breaks it off.
      if (random.below(3) === 0) void broker.upkeep();
      await (random.below(2) === 0 ? writer.send(records) : slot.commit(step(records)));
    }
    const found = new Map<string, string | null>();
    for (const { key, value } of await readToEnd(broker, 'topic'))
      found.set(`${key}`, value && `${value}`);
    for (const [key, value] of expected)
      expect([seed, key, found.get(key) ?? null]).toEqual([seed, key, value]);
    await broker.close();
  }
}

describe('retention', () => {
  test('moves the start behind what is older, by the time of appending', async () => {
    const { broker, clock, write, values } = await open({ cleanup: 'delete', retentionMs: 1000 });
    await write(['a', '1']);
    await write(['a', '2']);
    await clock.advance(600);
    await write(['a', '3']);
    await clock.advance(500);
    await write(['a', '4']);
    await broker.upkeep();
    expect(await broker.ranges('topic')).toEqual([{ partition: 0, start: 2, end: 4 }]);
    expect(await values()).toEqual(['3', '4']);
    await broker.close();
  });

  test('keeps everything where none is set', async () => {
    const { broker, clock, write, values } = await open({ cleanup: 'delete' });
    await write(['a', '1']);
    await write(['a', '2']);
    await clock.advance(1000 * DAY_MS);
    await broker.upkeep();
    expect(await values()).toEqual(['1', '2']);
    await broker.close();
  });
});
