/** How the engine works. */
import { bytes, duration, integer } from './setting-kinds';

const MINUTE = 60_000;
const MIB = 2 ** 20;

export const ENGINE_SETTINGS = {
  partitions: integer({
    default: 4,
    min: 1,
    max: 1024,
    help: 'Number of slots, so of partitions of every partitioned topic; fixed when the topics are made.',
  }),
  standbys: integer({
    default: 0,
    min: 0,
    max: 8,
    help: 'How many processes besides its owner follow each slot on their own disks, to take it over in about a second.',
  }),
  'step-interval-ms': duration({
    default: 100,
    min: 1,
    max: MINUTE,
    help: 'Longest time that a step collects before it commits.',
  }),
  'step-linger-ms': duration({
    default: 10,
    min: 0,
    max: MINUTE,
    help: 'How long the first record after a pause waits for others before its step commits.',
  }),
  'step-records-max': integer({
    default: 2000,
    min: 1,
    max: 1_000_000,
    help: 'Input records of a step; with so many it commits sooner.',
  }),
  'step-bytes-max': bytes({
    default: 800_000,
    min: 10_000,
    max: 100 * MIB,
    help: 'Bytes of outputs of a step; with so many it commits sooner.',
  }),
  'commit-timeout-ms': duration({
    default: 30_000,
    min: 1000,
    max: 10 * MINUTE,
    help: 'After so long without an answer a commit counts as in doubt, and the slot is taken over again.',
  }),
  'record-bytes-max': bytes({
    default: 800_000,
    min: 1000,
    max: 100 * MIB,
    help: 'Largest record taken or written; larger input becomes a dead letter.',
  }),
  'queue-bytes-max': bytes({
    default: 4 * MIB,
    min: 10_000,
    max: 1024 * MIB,
    help: 'Records fetched and not yet processed, per input partition; a full queue is not fetched for.',
  }),
  'tombstone-retention-ms': duration({
    default: 24 * 60 * MINUTE,
    min: MINUTE,
    max: 365 * 24 * 60 * MINUTE,
    help: 'Local state left alone for longer is rebuilt; at most delete.retention.ms of the tables.',
  }),
  'fenced-retry-ms': duration({
    default: 3000,
    min: 100,
    max: 10 * MINUTE,
    help: 'A slot that was fenced and is still ours by the word of the group is taken over again after so long.',
  }),
  'cache-bytes': bytes({
    default: 192 * MIB,
    min: 0,
    max: 2 ** 40,
    help: 'Memory for decoded values of the stores, all slots of a process together.',
  }),
} as const;
