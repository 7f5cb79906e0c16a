/**
 * Trains on Spark, which reads the tables from Kafka and writes the blocks to Kafka itself. What comes here is what a
 * serving process holds anyway (item factors) and the plays of the few users that candidates are compared on, so
 * that this process needs no more memory for more listens.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { History, ListenerCount } from '../../schemas/records';
import { computeGramian } from '../../src/als/gramian';
import type { AlsModel } from '../../src/als/model';
import type { AlsRule } from '../../src/als/rule';
import type { Topic } from '../../src/engine/topology';
import { SegueError } from '../../src/errors';
import type { AvroSchema } from '../../src/schema-registry/schema-registry';
import { writerIdOf } from '../../src/schema-registry/wire-format';
import type {
  KafkaSettings,
  SparkCommandName,
  SparkCommands,
  SparkTable,
} from '../../src/training/spark/spark-commands';
import type { SparkSession } from '../../src/training/spark/spark-job';
import { sparkRuleFor } from '../../src/training/spark/spark-rule';
import type { Holdout, SplitOptions } from '../../src/training/training-data';
import { EMPTY_HISTORY } from '../by-user/history';
import { mergeHistograms, threshold } from '../control/threshold';
import { blockItems, blockPrefix, bytesToFloats } from './model-codec';
import { readHoldout, readTracks } from './spark-files';
import type {
  GenerationMark,
  Refit,
  Trainer,
  TrainerOptions,
  TrainingRun,
  TrainingSet,
} from './trainer';
import { readWritten } from './written-blocks';

export interface SparkTrainerOptions {
  /** Starts a driver; it is killed where `signal` says so. */
  readonly start: (options: TrainerOptions) => Promise<SparkSession>;
  /** A new folder of this machine, for what the driver hands over. */
  readonly workFolder: () => { readonly path: string; readonly remove: () => void };
  /** For checkpoints; all executors must reach it. Absent: in the work folder. */
  readonly scratch: string | undefined;
  readonly submit: readonly string[];
  readonly kafka: KafkaSettings;
  /** 0: as many as there are cores. */
  readonly blocks: number;
  /** The schema under an id. */
  readonly schemaOf: (id: number) => Promise<AvroSchema | undefined>;
}

export function sparkTrainer(spark: SparkTrainerOptions): Trainer {
  return {
    name: 'spark',
    open: async (options) => {
      const session = await spark.start(options);
      const folder = spark.workFolder();
      const run = new SparkRun(session, folder.path, { ...options, spark });
      try {
        return await run.open(folder.remove);
      } catch (error) {
        await session.end();
        folder.remove();
        throw error;
      }
    },
  };
}

type RunOptions = TrainerOptions & { readonly spark: SparkTrainerOptions };

/** Places in a histories key; keys of chunks have three. */
const HISTORY_KEY_PARTS = 2;

class SparkRun {
  constructor(
    private readonly session: SparkSession,
    private readonly folder: string,
    private readonly options: RunOptions,
  ) {}

  async open(removeFolder: () => void): Promise<TrainingRun> {
    const { spark, onProgress } = this.options;
    const { submit, kafka, blocks } = spark;
    const scratch = spark.scratch ?? join(this.folder, 'checkpoints');
    const begun = await this.session.ask('open', { submit, scratch, kafka, blocks });
    onProgress?.(`Spark ${begun.version} on ${begun.master}: ${begun.applicationId}`);
    const set = await this.#readTables();
    return {
      set,
      ruleFor: (rule) =>
        sparkRuleFor(rule, { ...set, users: set.usersIn, items: set.tracks.length }),
      split: (split) => this.#split(set, split),
      candidate: (rule) => this.#candidate(set, rule),
      refit: (rule, mark) => this.#refit(set, rule, mark),
      close: async () => {
        // Only tidies up; a driver that cannot is killed all the same.
        await this.session.ask('close', {}).catch(() => undefined);
        await this.session.end();
        removeFolder();
      },
    };
  }

  async #readTables(): Promise<TrainingSet> {
    const { topics, codecs, onProgress, tracksMin } = this.options;
    const counts = await this.#table(
      topics.listenerCounts,
      codecs.of(topics.listenerCounts).encode(NO_COUNT),
      null,
    );
    const histories = await this.#table(
      topics.histories,
      codecs.of(topics.histories).encode(EMPTY_HISTORY),
      HISTORY_KEY_PARTS,
    );
    const { histogram } = await this.#askKnowing('read_counts', counts, (table) => ({ table }));
    const border = threshold(mergeHistograms([histogram]), this.options.threshold).value;
    const items_file = join(this.folder, 'items.jsonl');
    const { users, pairs, plays, newestSeconds, ...cluster } = await this.#askKnowing(
      'read_histories',
      histories,
      (table) => ({ table, threshold: border, items_min: tracksMin, items_file }),
    );
    const tracks = await readTracks(items_file);
    onProgress?.(
      `${tracks.length} tracks with at least ${border} unique listeners, ${users} users with at least ${tracksMin} of them, ${pairs} pairs`,
    );
    onProgress?.(
      `${cluster.executors} executors, ${cluster.cores} cores, ${cluster.blocks} blocks of users and of tracks`,
    );
    const positions = [counts, histories].flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, end }) => ({ topic, partition, offset: end })),
    );
    return {
      ...{ tracks, threshold: border, usersIn: users, interactions: pairs },
      ...{ plays, newestSeconds, positions },
    };
  }

  /** Up to the read-committed end as of now. */
  async #table(
    topic: Topic<History> | Topic<ListenerCount>,
    sample: Buffer,
    keyParts: number | null,
  ): Promise<SparkTable> {
    return {
      topic: topic.name,
      partitions: await this.options.broker.ranges(topic.name),
      schemas: { [writerIdOf(sample)]: topic.schema },
      reader: topic.schema,
      key_parts: keyParts,
    };
  }

  /** Asks again, with their schemas, where values of other versions are met. */
  async #askKnowing<N extends 'read_counts' | 'read_histories'>(
    name: N,
    table: SparkTable,
    argumentsOf: (table: SparkTable) => SparkCommands[N]['arguments'],
  ): Promise<SparkCommands[N]['result']> {
    const result = await this.session.ask(name, argumentsOf(table));
    if (result.unknownSchemas.length === 0) return result;
    const schemas: Record<number, AvroSchema> = { ...table.schemas };
    for (const id of result.unknownSchemas) {
      const schema = id < 0 || schemas[id] !== undefined ? undefined : await this.#schemaOf(id);
      if (schema === undefined) throw unreadable(table.topic, id);
      schemas[id] = schema;
    }
    return this.#askKnowing(name, { ...table, schemas }, argumentsOf);
  }

  #schemaOf(id: number): Promise<AvroSchema | undefined> {
    return this.options.spark.schemaOf(id);
  }

  async #split(set: TrainingSet, options: SplitOptions): Promise<Holdout> {
    const holdout_file = join(this.folder, 'holdout.jsonl');
    const { splitSeconds, itemUsers } = await this.session.ask('split', {
      holdout_share: options.holdoutShare,
      items_min: options.itemsMin,
      users_max: options.usersMax,
      holdout_file,
    });
    return {
      ...(await readHoldout(holdout_file, set.tracks.length)),
      splitSeconds: splitSeconds ?? Number.POSITIVE_INFINITY,
      itemUsers: Int32Array.from(itemUsers),
    };
  }

  async #candidate(set: TrainingSet, rule: AlsRule): Promise<AlsModel> {
    const factors_file = join(this.folder, 'candidate.f32');
    const block_items = blockItems(rule.factorCount);
    await this.#ask('candidate', { ...this.#training(rule), factors_file, block_items });
    const values = bytesToFloats(readFileSync(factors_file));
    const itemFactors = { rows: set.tracks.length, columns: rule.factorCount, values };
    return { rule, itemFactors, itemGramian: computeGramian(itemFactors) };
  }

  async #refit(set: TrainingSet, rule: AlsRule, mark: GenerationMark): Promise<Refit> {
    const { topics, codecs, broker } = this.options;
    const topic = topics.itemFactors;
    const codec = codecs.of(topic);
    const empty = { ...mark, block: 0, factor_count: 0, items: [], factors: Buffer.alloc(0) };
    const sums = await this.#ask('refit', {
      ...this.#training(rule),
      target: {
        ...mark,
        topic: topic.name,
        key_prefix: blockPrefix(mark),
        value_prefix: codec.encode(empty).subarray(0, 5).toString('hex'),
        schema: JSON.stringify(topic.schema),
        block_items: blockItems(rule.factorCount),
      },
    });
    const { itemFactors, written } = await readWritten(
      { broker, topics, codec: () => codec },
      mark,
      { rule, tracks: set.tracks, sums: sums.blocks },
    );
    const als = { rule, itemFactors, itemGramian: computeGramian(itemFactors) };
    return { als, userGramian: Float64Array.from(sums.userGramian), written };
  }

  #training({ factorCount, alpha, lambda }: AlsRule) {
    const { epochs, seed } = this.options;
    return { rule: { factorCount, alpha, lambda }, epochs, seed };
  }

  #ask<N extends SparkCommandName>(name: N, args: SparkCommands[N]['arguments']) {
    return this.session.ask(name, args);
  }
}

const NO_COUNT: ListenerCount = {
  listeners: 0,
  named_at: 0,
  artist_name: '',
  track_name: '',
  users: [],
};

function unreadable(topic: string, id: number): SegueError {
  const what = id < 0 ? 'that is in no registry format' : `under schema id ${id}, unknown here`;
  return new SegueError(
    'SPARK_JOB_FAILED',
    `expected values of ${topic} that can be read, found one ${what}; nothing was trained, look for who wrote it`,
  );
}
