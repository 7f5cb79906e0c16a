/** Produce, version 7 (Kafka 2.1 and later): record batches that are encoded already, one a partition. */
import type { WireProtocol } from './kafkajs-internals';
import { WireReader } from './wire-reader';
import { WireWriter } from './wire-writer';

export interface ProduceItem {
  readonly topic: string;
  readonly partition: number;
  readonly batch: Buffer;
}

export interface ProduceResult {
  readonly topic: string;
  readonly partition: number;
  readonly errorCode: number;
  /** Offset of the batch's first record; −1 where it is not known. */
  readonly baseOffset: number;
}

export interface ProduceAnswer {
  readonly results: readonly ProduceResult[];
}

const ACKS_ALL = -1;
const ENVELOPE_BYTES = 4096;

export const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;

export function produceProtocol(
  transactionalId: string | null,
  timeoutMs: number,
  items: readonly ProduceItem[],
): WireProtocol<ProduceAnswer> {
  return {
    request: {
      ...PRODUCE,
      encode: () => {
        const bytes = items.reduce((sum, { batch }) => sum + batch.length, ENVELOPE_BYTES);
        const writer = new WireWriter(bytes).string(transactionalId).int16(ACKS_ALL);
        writer.int32(timeoutMs).int32(items.length);
        // A topic may be named several times; that spares grouping.
        for (const { topic, partition, batch } of items)
          writer.string(topic).int32(1).int32(partition).int32(batch.length).raw(batch);
        return writer.payload();
      },
    },
    response: { decode: decodeAnswer, parse: (answer) => answer },
  };
}

function decodeAnswer(raw: Buffer): ProduceAnswer {
  const reader = new WireReader(raw);
  const topics = reader.array(() => {
    const topic = reader.string();
    return reader.array(() => {
      const partition = reader.int32();
      const errorCode = reader.int16();
      const baseOffset = reader.int64();
      // Log append time and log start offset.
      reader.at += 16;
      return { topic, partition, errorCode, baseOffset };
    });
  });
  return { results: topics.flat() };
}
