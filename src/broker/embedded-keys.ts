/**
 * Where things lie in the embedded broker's database. One byte of kind first, then fixed-width big-endian
 * numbers, so that the record batches of a partition are one ordered range.
 *
 *   0 name                                  → a topic's id and settings (JSON)
 *   1 topic(4) partition(4) last offset(8)  → a record batch
 *   2 topic(4) partition(4)                 → end of the partition, bytes ever appended, end of its newest batch
 *   3 topic(4) partition(4)                 → start of the partition, how far it is cleaned, its bytes
 *   4 group NUL topic NUL partition         → a committed position
 *
 * A batch lies under its *last* offset: the first batch at or behind a wanted offset is the one that
 * holds it, and a batch that cleaning has emptied from behind still says how far it reached.
 */

export const KIND_TOPIC = 0;
export const KIND_BATCH = 1;
export const KIND_END = 2;
export const KIND_START = 3;
export const KIND_POSITION = 4;

export interface PartitionId {
  readonly topicId: number;
  readonly partition: number;
}

export const topicKey = (name: string): Buffer => Buffer.from(`\0${name}`, 'utf8');

export function batchKey({ topicId, partition }: PartitionId, lastOffset: number): Buffer {
  const key = Buffer.allocUnsafe(17);
  key[0] = KIND_BATCH;
  key.writeUInt32BE(topicId, 1);
  key.writeUInt32BE(partition, 5);
  writeOffset(key, lastOffset, 9);
  return key;
}

export const lastOffsetOf = (key: Buffer): number => readOffset(key, 9);

export function partitionKey(kind: typeof KIND_END | typeof KIND_START, id: PartitionId): Buffer {
  const key = Buffer.allocUnsafe(9);
  key[0] = kind;
  key.writeUInt32BE(id.topicId, 1);
  key.writeUInt32BE(id.partition, 5);
  return key;
}

export const partitionIdOf = (key: Buffer): PartitionId => ({
  topicId: key.readUInt32BE(1),
  partition: key.readUInt32BE(5),
});

export function positionKey(groupId: string, topic: string, partition: number): Buffer {
  return Buffer.from(`\u0004${groupId}\0${topic}\0${partition}`, 'utf8');
}

export function positionOf(key: Buffer): { groupId: string; topic: string; partition: number } {
  const [groupId, topic, partition] = key.toString('utf8', 1).split('\0');
  return { groupId: groupId!, topic: topic!, partition: Number(partition) };
}

/** Eight bytes big endian; exact to 2^53, and far faster than BigInt. */
export function writeOffset(bytes: Buffer, offset: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(offset / 0x1_0000_0000), at);
  bytes.writeUInt32BE(offset >>> 0, at + 4);
}

export function readOffset(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 4);
}

/** Several offsets one after the other, the form of values. */
export function encodeOffsets(...offsets: readonly number[]): Buffer {
  const bytes = Buffer.allocUnsafe(8 * offsets.length);
  for (let i = 0; i < offsets.length; i++) writeOffset(bytes, offsets[i]!, 8 * i);
  return bytes;
}
