/**
 * Where the fields of a record batch lie (Kafka documentation, "Record Batch", magic 2):
 * baseOffset 0, batchLength 8, partitionLeaderEpoch 12, magic 16, crc 17, attributes 21, lastOffsetDelta 23,
 * baseTimestamp 27, maxTimestamp 35, producerId 43, producerEpoch 51, baseSequence 53, count 57, records 61.
 * The CRC covers everything from the attributes on; the length counts everything behind itself.
 */
export const BATCH = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const;

/** What `batchLength` does not count: baseOffset and itself. */
export const BEFORE_LENGTH_ENDS = 12;

export const MAGIC = 2;

export const ATTRIBUTE = {
  compression: 7,
  logAppendTime: 8,
  transactional: 16,
  control: 32,
} as const;
