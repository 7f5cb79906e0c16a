/**
 * The schema registry port. Adapters: `ConfluentRegistry` (any Confluent-compatible registry) and
 * `EmbeddedRegistry` (from schemas/, no service). Both speak the registry's wire format:
 * byte 0, four bytes schema id (big endian), Avro body.
 */

/** An Avro schema as parsed JSON. */
export type AvroSchema = Readonly<Record<string, unknown>>;

export type Compatibility = 'BACKWARD' | 'FULL_TRANSITIVE';

/** Why a value could not be read; a reason for a dead letter, not a failure of the program. */
export class UnreadableValue extends Error {
  constructor(
    readonly reason: 'UNREADABLE_BYTES' | 'UNKNOWN_SCHEMA',
    message: string,
  ) {
    super(message);
    this.name = 'UnreadableValue';
  }
}

/** Reads and writes the values of one subject. Both directions are synchronous, for the hot path. */
export interface Codec<T> {
  encode(value: T): Buffer;
  /**
   * Decodes under the reader's schema, whatever version wrote it. Throws `UnreadableValue`;
   * a writer id never met before must have been learnt first.
   */
  decode(bytes: Buffer): T;
  /**
   * Asks the registry for the writer schemas of ids not met before, once each. Unknown ids are remembered, and
   * `decode` answers UNKNOWN_SCHEMA. Resolves at once (no allocation per value) where all ids are known.
   * Throws REGISTRY_UNREACHABLE (retriable) when the registry does not answer: that is no fault of the record.
   */
  learn(values: readonly (Buffer | null)[]): Promise<void>;
}

export interface SchemaRegistry {
  /**
   * Registers `schema` under `subject` (or finds it there) and gives its codec.
   * Throws SCHEMA_INCOMPATIBLE, REGISTRY_UNREACHABLE.
   */
  codec<T>(subject: string, schema: AvroSchema, compatibility: Compatibility): Promise<Codec<T>>;
  /** The schema under an id, whoever registered it; undefined: none, or no Avro. Throws REGISTRY_UNREACHABLE. */
  schemaOf(id: number): Promise<AvroSchema | undefined>;
}
