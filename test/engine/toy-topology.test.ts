/** The engine by itself: a topology that knows nothing of music, on virtual time. */
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { EngineSettings } from '../../src/engine/engine-settings';
import type {
  InputRecord,
  ProcessorContext,
  ProcessorDefinition,
} from '../../src/engine/processor';
import { StreamRunner } from '../../src/engine/stream-runner';
import {
  Chain,
  type DeadLetterValue,
  type ProgressValue,
  type TableDefinition,
  type Topic,
  TopologyBuilder,
} from '../../src/engine/topology';
import { toMermaid, toText } from '../../src/engine/topology-printer';
import { noLogger } from '../../src/logger';
import { EmbeddedRegistry } from '../../src/schema-registry/embedded-registry';
import { loadSchema } from '../../src/schema-registry/load-schema';
import { openMemoryLevel } from '../../src/store/level';
import { SlotDatabase } from '../../src/store/slot-database';
import { noMeter } from '../../src/telemetry/meter';
import { VirtualClock } from '../../src/virtual-clock';

interface Word {
  readonly count: number;
}

const wordSchema = { type: 'record', name: 'Word', fields: [{ name: 'count', type: 'long' }] };

function topic<V>(name: string, more: Partial<Topic<V>> = {}): Topic<V> {
  return {
    name,
    schema: wordSchema,
    compatibility: 'BACKWARD',
    partitions: 'slots',
    cleanup: 'delete',
    ...more,
  };
}

const words = topic<Word>('words');
const counts: TableDefinition<Word> = {
  name: 'counts',
  prefix: 'c',
  topic: topic<Word>('counts', { cleanup: 'compact' }),
};
const ticks = topic<Word>('ticks');

/** Adds numbers by key, tells on `ticks` how often each kind of timer fired, rejects what is negative. */
function addUp(log: string[]): ProcessorDefinition<InputRecord<Word>, never> {
  return {
    name: 'add-up',
    stores: [counts],
    sinks: [ticks],
    build(context: ProcessorContext<never>) {
      const store = context.store(counts);
      context.everyWallClock(1000, () => log.push('wall'));
      context.everyStreamTime(60_000, () =>
        context.send(ticks, 'stream', { count: context.streamTimeMs() }),
      );
      return {
        process({ key, value }) {
          if (value.count < 0) {
            context.deadLetter('NEGATIVE', `${value.count}`);
            return;
          }
          const word = key!.toString('utf8');
          store.put(word, { count: (store.get(word)?.count ?? 0) + value.count });
          context.sums.add('added', value.count);
        },
      };
    },
  };
}

const SETTINGS: EngineSettings = {
  application: 'toy',
  slots: 2,
  stepIntervalMs: 100,
  stepLingerMs: 10,
  stepRecordsMax: 100,
  stepBytesMax: 100_000,
  cacheBytesMax: 10_000,
  queueBytesMax: 100_000,
  recordBytesMax: 1000,
  stepBudgetMs: 50,
  farBehindRecords: 1000,
  tombstoneRetentionMs: 86_400_000,
  fencedRetryMs: 100,
};

async function toySystem() {
  const clock = new VirtualClock(Date.UTC(2020, 0, 1));
  const broker = await EmbeddedBroker.open({ database: await openMemoryLevel(), clock });
  const log: string[] = [];
  const topology = new TopologyBuilder({
    name: 'toy',
    progress: topic<ProgressValue>('progress', {
      schema: loadSchema('progress-value'),
      partitions: 'single',
      cleanup: 'compact',
    }),
    deadLetters: topic<DeadLetterValue>('dead-letters', {
      schema: loadSchema('dead-letters-value'),
    }),
    otherTopics: [],
  })
    .part(
      {
        name: 'words',
        key: 'word',
        runsOn: 'every slot',
        sources: [{ topic: words as Topic<unknown>, replayed: false }],
      },
      Chain.from<InputRecord<Word>>().processor(addUp(log)),
    )
    .build();
  const registry = EmbeddedRegistry.inMemory();
  const start = async () => {
    const runner = new StreamRunner({
      topology,
      settings: SETTINGS,
      broker: broker.connect(),
      registry,
      clock,
      meter: noMeter,
      logger: noLogger,
      bootId: 'boot',
      openDatabase: async () => new SlotDatabase(await openMemoryLevel()),
      localSlots: () => [],
    });
    const started = runner.start();
    await clock.advance(500);
    await started;
    return runner;
  };
  return { clock, broker, topology, start, log };
}

type Toy = Awaited<ReturnType<typeof toySystem>>;

async function send(
  { broker, clock }: Toy,
  runner: StreamRunner,
  key: string,
  count: number,
): Promise<void> {
  const writer = await broker.writer();
  const sent = writer.send([
    {
      topic: 'words',
      key: Buffer.from(key),
      value: runner.codecs.of(words).encode({ count }),
      timestampMs: clock.now(),
    },
  ]);
  await clock.advance(50);
  await sent;
}

function countOf(runner: StreamRunner, key: string): number | undefined {
  const found = runner.slots
    .map(({ state }) => state?.store(counts).get(key))
    .find((one) => one !== undefined);
  return found?.count;
}

async function end({ clock }: Toy, runner: StreamRunner): Promise<void> {
  const stopped = runner.stop();
  await clock.advance(2000);
  await stopped;
}

async function recordsOf({ broker }: Toy, name: string): Promise<number> {
  let found = 0;
  for (const { partition, start, end: last } of await broker.ranges(name)) {
    for (let offset = start; offset < last; ) {
      const batches = await broker.fetch([{ topic: name, partition, offset }], {
        waitMsMax: 0,
        bytesMaxPerPartition: 1_000_000,
      });
      for (const { records, nextOffset } of batches) {
        found += records.length;
        offset = nextOffset;
      }
    }
  }
  return found;
}

describe('the engine with a topology of its own', () => {
  it('adds up, and has the same state on an empty disk', async () => {
    const toy = await toySystem();
    const first = await toy.start();
    for (let turn = 1; turn <= 20; turn++) await send(toy, first, `word-${turn % 5}`, turn);
    await toy.clock.advance(1000);
    expect(countOf(first, 'word-0')).toBe(5 + 10 + 15 + 20);
    await end(toy, first);
    const second = await toy.start();
    await toy.clock.advance(1000);
    for (let word = 0; word < 5; word++)
      expect(countOf(second, `word-${word}`)).toBe([50, 34, 38, 42, 46][word]);
    expect(second.slots.reduce((sum, { work }) => sum + work!.sums.get('added'), 0)).toBe(210);
    await end(toy, second);
  });

  it('keeps a rejected record and goes on with the next', async () => {
    const toy = await toySystem();
    const runner = await toy.start();
    await send(toy, runner, 'word', -1);
    await send(toy, runner, 'word', 3);
    await toy.clock.advance(1000);
    expect(countOf(runner, 'word')).toBe(3);
    expect(await recordsOf(toy, 'dead-letters')).toBe(1);
    await end(toy, runner);
  });

  it('fires wall-clock timers without records, and stream-time timers by records only', async () => {
    const toy = await toySystem();
    const runner = await toy.start();
    await toy.clock.advance(5000);
    expect(toy.log.length).toBeGreaterThanOrEqual(4);
    expect(await recordsOf(toy, 'ticks')).toBe(0);
    await send(toy, runner, 'word', 1);
    await toy.clock.advance(120_000);
    const before = await recordsOf(toy, 'ticks');
    await send(toy, runner, 'word', 1);
    await toy.clock.advance(1000);
    expect(await recordsOf(toy, 'ticks')).toBe(before + 1);
    await end(toy, runner);
  });

  it('prints itself', async () => {
    const { topology } = await toySystem();
    expect(toText(topology)).toMatchInlineSnapshot(`
"topology toy

part words (key: word, runs on every slot)
  source words
  → add-up
      store counts (topic counts)
      sink ticks

each step ends with a record on progress; bad records go to dead-letters"
`);
    expect(toMermaid(topology)).toMatchInlineSnapshot(`
"flowchart TD
  subgraph words
    add-up[add-up]
  end
  topic-words([words]) --> add-up
  add-up --> topic-ticks([ticks])
  add-up --> topic-counts([counts])"
`);
  });
});
