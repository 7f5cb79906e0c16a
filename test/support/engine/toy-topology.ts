/** Words added up by key, in one part; what more a test needs it adds. */
import { partitionOf } from '../../../src/broker/partitioner';
import type {
  InputRecord,
  Processor,
  ProcessorContext,
  ProcessorDefinition,
} from '../../../src/engine/processor';
import {
  Chain,
  type DeadLetterValue,
  type PartDefinition,
  type ProgressValue,
  type TableDefinition,
  type Topic,
  type Topology,
  TopologyBuilder,
} from '../../../src/engine/topology';
import { loadSchema } from '../../../src/schema-registry/load-schema';
import type { AvroSchema } from '../../../src/schema-registry/schema-registry';

export interface Word {
  readonly count: number;
}

export const WORD_SCHEMA: AvroSchema = {
  type: 'record',
  name: 'Word',
  fields: [{ name: 'count', type: 'long' }],
};

export function toyTopic<V>(name: string, more: Partial<Topic<V>> = {}): Topic<V> {
  return {
    name,
    schema: WORD_SCHEMA,
    compatibility: 'BACKWARD',
    partitions: 'slots',
    cleanup: 'delete',
    ...more,
  };
}

export const words = toyTopic<Word>('words');
export const counts: TableDefinition<Word> = {
  name: 'counts',
  prefix: 'c',
  topic: toyTopic<Word>('counts', { cleanup: 'compact' }),
};
export const ticks = toyTopic<Word>('ticks');
export const progress = toyTopic<ProgressValue>('progress', {
  schema: loadSchema('progress-value'),
  partitions: 'single',
  cleanup: 'compact',
});
export const deadLetters = toyTopic<DeadLetterValue>('dead-letters', {
  schema: loadSchema('dead-letters-value'),
});

type Context = ProcessorContext<never>;

export interface AddUpOptions {
  readonly table?: TableDefinition<Word>;
  /** Called for each word before it is added; may throw. */
  readonly onWord?: (word: string, context: Context) => void;
  readonly onBuild?: (context: Context) => void;
  readonly endStep?: Processor<unknown>['endStep'];
  readonly restored?: () => Promise<void>;
}

/** Adds numbers by key, rejects what is negative. */
export function addUp(options: AddUpOptions = {}): ProcessorDefinition<InputRecord<Word>, never> {
  const table = options.table ?? counts;
  return {
    name: 'add-up',
    stores: [table],
    sinks: [ticks],
    build(context: Context) {
      const store = context.store(table);
      options.onBuild?.(context);
      return {
        ...(options.endStep === undefined ? {} : { endStep: options.endStep }),
        ...(options.restored === undefined ? {} : { restored: options.restored }),
        process({ key, value }) {
          const word = key!.toString('utf8');
          options.onWord?.(word, context);
          if (value.count < 0) {
            context.deadLetter('NEGATIVE', `${value.count}`);
            return;
          }
          store.put(word, { count: (store.get(word)?.count ?? 0) + value.count });
          context.sums.add('added', value.count);
        },
      };
    },
  };
}

/** A word whose records land in this one of two slots. */
export function wordOfSlot(slot: number): string {
  for (let number = 0; ; number++)
    if (partitionOf(Buffer.from(`word-${number}`), 2) === slot) return `word-${number}`;
}

export function toyBuilder(): TopologyBuilder {
  return new TopologyBuilder({ name: 'toy', progress, deadLetters, otherTopics: [] });
}

export const WORDS_PART: Omit<PartDefinition, 'processors'> = {
  name: 'words',
  key: 'word',
  runsOn: 'every slot',
  sources: [{ topic: words as Topic<unknown>, replayed: false }],
};

export function toyTopology(
  definition: ProcessorDefinition<InputRecord<Word>, never> = addUp(),
): Topology {
  return toyBuilder()
    .part(WORDS_PART, Chain.from<InputRecord<Word>>().processor(definition))
    .build();
}
