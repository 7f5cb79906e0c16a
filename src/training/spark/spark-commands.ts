/** The commands of retrain_job.py and study_job.py, and their results, as JSON. Names of arguments are Python's. */
import type { AvroSchema } from '../../schema-registry/schema-registry';

/** Settings of the Java client for Kafka, by its own names; secrets among them. */
export type KafkaSettings = Readonly<Record<string, string>>;

export interface SparkTable {
  readonly topic: string;
  readonly partitions: readonly {
    readonly partition: number;
    readonly start: number;
    readonly end: number;
  }[];
  /** Writers' schemas by id. */
  readonly schemas: Readonly<Record<number, AvroSchema>>;
  readonly reader: AvroSchema;
  /** NUL-separated parts of a key that belongs to the table; null: whatever. */
  readonly key_parts: number | null;
}

/** −1 stands for bytes that are no value of a registry's format at all. */
interface MayNotKnow {
  /** Ids that values were written under and whose schemas were not given; where there are any, nothing was done. */
  readonly unknownSchemas: readonly number[];
}

/** Spark's dialect has only these (rule.ts, `sparkRule`). */
export interface SparkTunable {
  readonly factorCount: number;
  readonly alpha: number;
  readonly lambda: number;
}

interface Training {
  readonly rule: SparkTunable;
  readonly epochs: number;
  readonly seed: number;
}

export interface BlockTarget {
  readonly topic: string;
  readonly generation: number;
  readonly attempt: string;
  /** Before the block's number. */
  readonly key_prefix: string;
  /** Registry's format: before the Avro body, in hex. */
  readonly value_prefix: string;
  /** Text of the schema that the prefix names. */
  readonly schema: string;
  readonly block_items: number;
}

export interface SparkCommands {
  open: {
    readonly arguments: {
      readonly submit: readonly string[];
      readonly scratch: string;
      readonly kafka: KafkaSettings;
      /** Blocks on either side in which factors are computed; 0: as many as there are cores. */
      readonly blocks: number;
    };
    readonly result: {
      readonly version: string;
      readonly master: string;
      readonly applicationId: string;
    };
  };
  read_counts: {
    readonly arguments: { readonly table: SparkTable };
    readonly result: MayNotKnow & { readonly histogram: readonly (readonly [number, number])[] };
  };
  read_histories: {
    readonly arguments: {
      readonly table: SparkTable;
      readonly threshold: number;
      readonly items_min: number;
      /** Gets a JSON line an item, in order: id, artist, name. */
      readonly items_file: string;
    };
    readonly result: MayNotKnow & {
      readonly users: number;
      readonly pairs: number;
      readonly plays: number;
      readonly newestSeconds: number;
      readonly cores: number;
      /** Beside the driver; 0: the driver does all the work. */
      readonly executors: number;
      readonly blocks: number;
    };
  };
  split: {
    readonly arguments: {
      readonly holdout_share: number;
      readonly items_min: number;
      readonly users_max: number;
      /** Gets a JSON line an evaluated user: items, plays, targets. */
      readonly holdout_file: string;
    };
    readonly result: {
      /** null: there is nothing to split. */
      readonly splitSeconds: number | null;
      readonly itemUsers: readonly number[];
      readonly users: number;
    };
  };
  candidate: {
    readonly arguments: Training & {
      /** Gets float32, little endian, a row an item. */
      readonly factors_file: string;
      readonly block_items: number;
    };
    readonly result: Record<string, never>;
  };
  refit: {
    readonly arguments: Training & { readonly target: BlockTarget };
    readonly result: {
      /** Number, items, CRC-32 of the factors. */
      readonly blocks: readonly (readonly [number, number, number])[];
      readonly userGramian: readonly number[];
    };
  };
  /** Of study_job.py, which has no tables: pairs from a CSV file of user, item, plays. */
  read_pairs: {
    readonly arguments: { readonly file: string };
    readonly result: { readonly pairs: number };
  };
  /** Of study_job.py. Files get rows of a number (int32) and its factors (float32), little endian. */
  fit_pairs: {
    readonly arguments: Training & { readonly users_file: string; readonly items_file: string };
    readonly result: { readonly users: number; readonly items: number };
  };
  close: { readonly arguments: Record<string, never>; readonly result: Record<string, never> };
}

export type SparkCommandName = keyof SparkCommands;

export interface SparkProgress {
  readonly done: number;
  readonly tasks: number;
}
