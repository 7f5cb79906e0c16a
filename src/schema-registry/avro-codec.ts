/**
 * The one codec of both registry adapters: avsc without the registry client in between, whose own
 * `readerSchema` path builds a resolver at every call (6 thousand values a second instead of millions).
 * A resolver is built once for each writer's schema and kept.
 */
import type { Type } from 'avsc';
import { toAvroType } from './avro-type';
import type { AvroSchema, Codec } from './schema-registry';
import { UnreadableValue } from './schema-registry';
import { HEADER_BYTES, writeHeader, writerIdOf } from './wire-format';

type Resolver = ReturnType<Type['createResolver']>;

/** How values of one writer are read: by a resolver, as they are, or not at all (the text says why). */
type WriterReader = Resolver | 'same' | { readonly refusal: string };

/** Answers the schema under an id, undefined where the registry knows none. */
export type SchemaLookup = (id: number) => Promise<AvroSchema | undefined>;

/** Values are encoded into slices of blocks of this size, which are never used twice. */
const BLOCK_BYTES = 64 * 1024;

/** Ids without a use that are remembered; garbage bytes can name four billions of them. */
const REFUSED_IDS_MAX = 100_000;

const LEARNT = Promise.resolve();

export class AvroCodec<T> implements Codec<T> {
  private readonly readers = new Map<number, WriterReader>();
  private readonly refusedIds: number[] = [];
  private readonly type: Type;
  private block = Buffer.allocUnsafeSlow(0);
  private used = 0;
  private lastId: number;
  private lastReader: WriterReader = 'same';

  /** `writerId` is the id under which `schema` itself is registered. */
  constructor(
    schema: AvroSchema,
    private readonly writerId: number,
    private readonly lookup: SchemaLookup,
  ) {
    this.type = toAvroType(schema);
    this.readers.set(writerId, 'same');
    this.lastId = writerId;
  }

  encode(value: T): Buffer {
    let end = this.type.encode(value, this.block, this.used + HEADER_BYTES);
    if (end < 0) {
      this.startBlock(this.block.length - this.used - end);
      end = this.type.encode(value, this.block, this.used + HEADER_BYTES);
    }
    writeHeader(this.block, this.used, this.writerId);
    const bytes = this.block.subarray(this.used, end);
    this.used = end;
    return bytes;
  }

  decode(bytes: Buffer): T {
    const id = writerIdOf(bytes);
    if (id !== this.lastId || id < 0) this.turnTo(id, bytes.length);
    const reader = this.lastReader;
    if (reader === 'same') return this.read(bytes, undefined);
    if ('refusal' in reader) throw new UnreadableValue('UNKNOWN_SCHEMA', reader.refusal);
    return this.read(bytes, reader);
  }

  learn(values: readonly (Buffer | null)[]): Promise<void> {
    let unknown: Set<number> | undefined;
    for (let i = 0; i < values.length; i++) {
      const bytes = values[i];
      if (!bytes) continue;
      const id = writerIdOf(bytes);
      if (id === this.lastId || id < 0 || this.readers.has(id)) continue;
      unknown ??= new Set();
      unknown.add(id);
    }
    return unknown ? this.learnIds([...unknown]) : LEARNT;
  }

  private read(bytes: Buffer, resolver: Resolver | undefined): T {
    let end: number;
    let value: T;
    try {
      const decoded = this.type.decode(bytes, HEADER_BYTES, resolver);
      end = decoded.offset;
      value = decoded.value as T;
    } catch (error) {
      throw new UnreadableValue('UNREADABLE_BYTES', `the Avro body: ${(error as Error).message}`);
    }
    if (end !== bytes.length) {
      const what = end < 0 ? 'ends too soon' : `goes on for ${bytes.length - end} bytes too many`;
      throw new UnreadableValue('UNREADABLE_BYTES', `the Avro body ${what}`);
    }
    return value;
  }

  private turnTo(id: number, length: number): void {
    if (id < 0) {
      const message = `expected byte 0 and a four-byte schema id, got ${length} other bytes`;
      throw new UnreadableValue('UNREADABLE_BYTES', message);
    }
    const reader = this.readers.get(id);
    if (reader === undefined)
      throw new Error(`schema id ${id} must be learnt before it is decoded`);
    this.lastId = id;
    this.lastReader = reader;
  }

  private startBlock(bytesWanted: number): void {
    this.block = Buffer.allocUnsafeSlow(Math.max(BLOCK_BYTES, bytesWanted));
    this.used = 0;
  }

  private async learnIds(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const schema = await this.lookup(id);
      const reader = schema ? this.readerOf(schema, id) : unknownId(id);
      this.readers.set(id, reader);
      if (typeof reader !== 'string' && 'refusal' in reader) this.boundRefusedIds(id);
    }
  }

  private readerOf(schema: AvroSchema, id: number): WriterReader {
    try {
      return this.type.createResolver(toAvroType(schema));
    } catch (error) {
      const why = (error as Error).message;
      return { refusal: `schema id ${id} cannot be read as ${this.type.name}: ${why}` };
    }
  }

  private boundRefusedIds(id: number): void {
    if (this.refusedIds.push(id) > REFUSED_IDS_MAX) this.readers.delete(this.refusedIds.shift()!);
  }
}

function unknownId(id: number): WriterReader {
  return { refusal: `the schema registry knows no schema id ${id}` };
}
