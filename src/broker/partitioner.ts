/**
 * Which partition a key belongs to: murmur2 as in Java's `DefaultPartitioner`, bit for bit, since tasks
 * check that a record is where its key belongs and other producers use the Java client.
 * Source: org.apache.kafka.common.utils.Utils.murmur2 and toPositive (Apache Kafka).
 */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** 32-bit murmur2 of `bytes`, as a signed integer like Java's. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  const blocksEnd = length & ~3;
  let hash = SEED ^ length;
  for (let i = 0; i < blocksEnd; i += 4) {
    let block = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    block = Math.imul(block, MULTIPLIER);
    block ^= block >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(block, MULTIPLIER);
  }
  const rest = length - blocksEnd;
  if (rest > 2) hash ^= bytes[blocksEnd + 2]! << 16;
  if (rest > 1) hash ^= bytes[blocksEnd + 1]! << 8;
  if (rest > 0) hash = Math.imul(hash ^ bytes[blocksEnd]!, MULTIPLIER);
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition, 0 … partitions − 1, of a record with this key. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  // Java's toPositive clears the sign bit; the absolute value would give other partitions.
  return (murmur2(key) & 0x7fffffff) % partitions;
}
