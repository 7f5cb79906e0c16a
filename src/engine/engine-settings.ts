/** Bounds and rhythms of the engine; each is a setting of the program, where it is described. */
export interface EngineSettings {
  readonly application: string;
  readonly slots: number;
  readonly stepIntervalMs: number;
  /** How long a first record waits for company when no step has been for a while. */
  readonly stepLingerMs: number;
  readonly stepRecordsMax: number;
  readonly stepBytesMax: number;
  /** Decoded values, over all stores of one slot. */
  readonly cacheBytesMax: number;
  /** Fetched and not yet processed, per source and slot. */
  readonly queueBytesMax: number;
  readonly recordBytesMax: number;
  /** Time for the end of a step, over all slots of this process. */
  readonly stepBudgetMs: number;
  /** A slot with more records waiting only counts. */
  readonly farBehindRecords: number;
  readonly tombstoneRetentionMs: number;
  /** A slot that was fenced but is still ours by the group's word is taken over again after this. */
  readonly fencedRetryMs: number;
  /** How many processes follow each slot besides its owner. */
  readonly standbys: number;
}
