/**
 * The Kafka adapter by itself: records a second in and out of one process, and what a step costs. Prints to what
 * it is given; figures are those of this machine, with the broker on it.
 */
import type { Broker, OutputRecord, Position } from '../../src/broker/broker';
import { KafkaBroker } from '../../src/broker/kafka/kafka-broker';
import { sleep, systemClock } from '../../src/clock';

export interface BrokerBenchOptions {
  readonly brokers: readonly string[];
  readonly print: (line: string) => void;
  /** Records of each throughput run. */
  readonly records?: number;
  /** Steps of each latency run. */
  readonly steps?: number;
}

export interface BrokerBenchFigures {
  readonly [name: string]: number;
}

const PARTITIONS = 4;
const VALUE_BYTES = 150;
const CADENCE_MS = 100;
const STEP_RECORDS = 2000;

const now = (): number => systemClock.monotonicMs();

function sample(topic: string, count: number, partition?: number): OutputRecord[] {
  const value = Buffer.alloc(VALUE_BYTES, 'listen');
  return Array.from({ length: count }, (_, i) => ({
    topic,
    key: Buffer.from(`user-${i % 5000}`),
    value,
    ...(partition === undefined ? {} : { partition }),
  }));
}

async function newTopic(broker: Broker, word: string): Promise<string> {
  const name = `bench-${word}-${process.pid}-${Math.round(now())}`;
  await broker.createTopics([{ name, partitions: PARTITIONS, cleanup: 'delete' }]);
  return name;
}

async function benchWriter(broker: Broker, topic: string, count: number): Promise<number> {
  const records = sample(topic, 5000);
  const writer = await broker.writer();
  const startMs = now();
  for (let sent = 0; sent < count; sent += records.length) await writer.send(records);
  const seconds = (now() - startMs) / 1000;
  await writer.close();
  return count / seconds;
}

async function benchReader(broker: Broker, topic: string): Promise<number> {
  const ranges = await broker.ranges(topic);
  let positions: Position[] = ranges.map(({ partition, start }) => ({
    topic,
    partition,
    offset: start,
  }));
  let count = 0;
  const startMs = now();
  while (positions.some(({ partition, offset }) => offset < ranges[partition]!.end)) {
    const batches = await broker.fetch(positions, {
      waitMsMax: 500,
      bytesMaxPerPartition: 1 << 20,
    });
    for (const batch of batches) count += batch.records.length;
    const next = new Map(batches.map(({ partition, nextOffset }) => [partition, nextOffset]));
    positions = positions.map((one) => ({ ...one, offset: next.get(one.partition) ?? one.offset }));
  }
  return count / ((now() - startMs) / 1000);
}

/** Steps of 2,000 records back to back in each slot. */
async function benchSteps(broker: Broker, slots: number, count: number): Promise<number> {
  const topic = await newTopic(broker, `steps-${slots}`);
  const rounds = Math.ceil(count / STEP_RECORDS / slots);
  const startMs = now();
  await Promise.all(
    Array.from({ length: slots }, async (_, slot) => {
      const writer = await broker.takeOver(`${topic}-${slot}`, topic);
      const records = sample(topic, STEP_RECORDS, slot);
      for (let round = 0; round < rounds; round++) {
        const positions = [{ topic, partition: slot, offset: round }];
        await writer.commit({ records, positions });
      }
      await writer.close();
    }),
  );
  return (rounds * STEP_RECORDS * slots) / ((now() - startMs) / 1000);
}

/** One small step each 100 ms in each slot; milliseconds of a commit. */
async function benchLatency(
  broker: Broker,
  slots: number,
  steps: number,
): Promise<readonly number[]> {
  const [output, table] = [await newTopic(broker, 'output'), await newTopic(broker, 'table')];
  const group = `bench-${output}`;
  const times: number[] = [];
  await Promise.all(
    Array.from({ length: slots }, async (_, slot) => {
      const writer = await broker.takeOver(`${output}-${slot}`, group);
      const records = [...sample(output, 50, slot), ...sample(table, 50, slot)];
      await sleep(systemClock, (slot * CADENCE_MS) / slots);
      for (let step = 0; step < steps; step++) {
        const startMs = now();
        const positions = [{ topic: output, partition: slot, offset: step }];
        await writer.commit({ records, positions });
        times.push(now() - startMs);
        await sleep(systemClock, Math.max(CADENCE_MS - (now() - startMs), 0));
      }
      await writer.close();
    }),
  );
  return times.sort((a, b) => a - b);
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(Math.floor(q * sorted.length), sorted.length - 1)]!;

export async function benchBroker(options: BrokerBenchOptions): Promise<BrokerBenchFigures> {
  const { records = 500_000, steps = 100, print } = options;
  const figures: Record<string, number> = {};
  const note = (name: string, value: number, unit: string): void => {
    figures[name] = value;
    print(`${name.padEnd(28)} ${value.toFixed(unit === 'ms' ? 1 : 0).padStart(9)} ${unit}`);
  };
  const broker = await KafkaBroker.connect({ brokers: options.brokers, clientId: 'bench' });
  try {
    const topic = await newTopic(broker, 'plain');
    await benchWriter(broker, topic, 50_000);
    note('plain writer', await benchWriter(broker, topic, records), 'records/s');
    note('reader', await benchReader(broker, topic), 'records/s');
    for (const slots of [1, 4])
      note(`steps, ${slots} slots`, await benchSteps(broker, slots, records), 'records/s');
    for (const slots of [1, 4]) {
      const times = await benchLatency(broker, slots, steps);
      note(`step p50, ${slots} slots`, quantile(times, 0.5), 'ms');
      note(`step p99, ${slots} slots`, quantile(times, 0.99), 'ms');
    }
  } finally {
    await broker.close();
  }
  return figures;
}
