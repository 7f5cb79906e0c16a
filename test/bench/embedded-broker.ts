/** What the embedded broker takes and gives: appends, fetches, step latency, and how long it holds the event loop. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Broker, OutputRecord } from '../../src/broker/broker';
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import { yieldToEventLoop } from '../../src/clock';
import { openClassicLevel } from '../../src/store/level';

export interface EmbeddedBrokerFigures {
  readonly appendPerSecond: number;
  readonly stepPerSecond: number;
  readonly fetchPerSecond: number;
  readonly stepMsP50: number;
  readonly stepMsP99: number;
  readonly eventLoopDelayMsMax: number;
  readonly cleanPerSecond: number;
}

const PARTITIONS = 4;
const TOPIC = 'bench';

/** `records` of 150 bytes, in batches of 500, on disk. */
export async function benchEmbeddedBroker(records = 500_000): Promise<EmbeddedBrokerFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'segue-bench-'));
  const memory = { blockCacheBytes: 8 << 20, writeBufferBytes: 16 << 20 };
  const broker = await EmbeddedBroker.open({ database: await openClassicLevel(directory, memory) });
  try {
    await broker.createTopics([
      { name: TOPIC, partitions: PARTITIONS, cleanup: 'compact', compactionLagMs: 0 },
    ]);
    const append = await appendAll(broker, records);
    const steps = await commitSteps(broker, records);
    const fetchMs = await fetchAll(broker);
    const [cleanMs] = await timed(() => broker.upkeep());
    return {
      appendPerSecond: Math.round((1000 * records) / append),
      stepPerSecond: Math.round((1000 * records) / steps.totalMs),
      fetchPerSecond: Math.round((2000 * records) / fetchMs),
      stepMsP50: quantile(steps.eachMs, 0.5),
      stepMsP99: quantile(steps.eachMs, 0.99),
      eventLoopDelayMsMax: longestDelayMs,
      cleanPerSecond: Math.round((2000 * records) / cleanMs),
    };
  } finally {
    await broker.close();
    await rm(directory, { recursive: true });
  }
}

function batchOf(first: number, count: number): OutputRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    topic: TOPIC,
    key: Buffer.from(`user-${(first + i) % 100_000}`),
    value: Buffer.alloc(140, `${first + i}`),
  }));
}

async function appendAll(broker: Broker, records: number): Promise<number> {
  const writer = await broker.writer();
  const batches = Array.from({ length: records / 500 }, (_, i) => batchOf(500 * i, 500));
  const [ms] = await timed(async () => {
    for (const batch of batches) await writer.send(batch);
  });
  await writer.close();
  return ms;
}

async function commitSteps(broker: Broker, records: number) {
  const writer = await broker.takeOver('bench-0', 'bench');
  const batches = Array.from({ length: records / 500 }, (_, i) => batchOf(500 * i, 500));
  const eachMs: number[] = [];
  const [totalMs] = await timed(async () => {
    for (const batch of batches) {
      const positions = [{ topic: TOPIC, partition: 0, offset: eachMs.length }];
      const start = performance.now();
      await writer.commit({ records: batch, positions });
      eachMs.push(performance.now() - start);
    }
  });
  await writer.close();
  return { totalMs, eachMs };
}

async function fetchAll(broker: Broker): Promise<number> {
  const ranges = await broker.ranges(TOPIC);
  const [ms] = await timed(async () => {
    let wanted = ranges.map(({ partition, start }) => ({ topic: TOPIC, partition, offset: start }));
    while (wanted.length > 0) {
      const options = { waitMsMax: 0, bytesMaxPerPartition: 1 << 20 };
      const batches = await broker.fetch(wanted, options);
      wanted = batches.flatMap(({ topic, partition, nextOffset, endOffset }) =>
        nextOffset < endOffset ? [{ topic, partition, offset: nextOffset }] : [],
      );
    }
  });
  return ms;
}

let longestDelayMs = 0;

/** Only what is measured counts for the delay of the event loop, not the making of its records. */
async function timed<T>(work: () => Promise<T>): Promise<readonly [ms: number, result: T]> {
  // The loop's own time is stale after synchronous work.
  await yieldToEventLoop();
  await yieldToEventLoop();
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const start = performance.now();
  const result = await work();
  const ms = performance.now() - start;
  delays.disable();
  longestDelayMs = Math.max(longestDelayMs, delays.max / 1e6);
  return [ms, result];
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}
