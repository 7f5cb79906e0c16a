/**
 * A schema registry without a service. An id is the first 31 bits of the SHA-256 of the schema's text, so
 * it is the same on every machine and in every version of this program, and processes that share a data
 * directory need not agree on anything: whoever registers a schema first writes the same file under the
 * same name. Files are never removed, so what an older version wrote stays readable.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SegueError } from '../errors';
import { AvroCodec } from './avro-codec';
import { compatibilityFaults } from './compatibility';
import type { AvroSchema, Codec, Compatibility, SchemaRegistry } from './schema-registry';

/** `<subject>.<id in eight hex digits>.avsc` */
const FILE_NAME = /^(.+)\.([0-9a-f]{8})\.avsc$/;

export class EmbeddedRegistry implements SchemaRegistry {
  private readonly schemas = new Map<number, AvroSchema>();
  private readonly subjects = new Map<string, Set<number>>();

  /** Without a directory, schemas are kept in memory only. */
  private constructor(private readonly directory: string | undefined) {}

  static inMemory(): EmbeddedRegistry {
    return new EmbeddedRegistry(undefined);
  }

  /** Keeps every schema that was ever registered as a file in `directory`, which is made where missing. */
  static open(directory: string): EmbeddedRegistry {
    mkdirSync(directory, { recursive: true });
    const registry = new EmbeddedRegistry(directory);
    registry.readDirectory();
    return registry;
  }

  async codec<T>(
    subject: string,
    schema: AvroSchema,
    compatibility: Compatibility,
  ): Promise<Codec<T>> {
    this.readDirectory();
    const id = schemaId(schema);
    if (!this.subjects.get(subject)?.has(id)) this.register(subject, schema, compatibility);
    return new AvroCodec<T>(schema, id, (wanted) => this.schemaOf(wanted));
  }

  async schemaOf(id: number): Promise<AvroSchema | undefined> {
    // Another process may have registered it after this one last looked.
    if (!this.schemas.has(id)) this.readDirectory();
    return this.schemas.get(id);
  }

  private register(subject: string, schema: AvroSchema, compatibility: Compatibility): void {
    const earlier = [...(this.subjects.get(subject) ?? [])].map((id) => this.schemas.get(id)!);
    const faults = compatibilityFaults(schema, earlier, compatibility);
    if (faults.length > 0) {
      throw new SegueError(
        'SCHEMA_INCOMPATIBLE',
        `expected a ${compatibility} successor of the earlier schemas of ${subject}, but ` +
          `${faults.join('; ')}. Give new fields a default, keep old ones, or use another subject.`,
      );
    }
    const id = schemaId(schema);
    this.remember(subject, id, schema);
    if (this.directory !== undefined) writeSchemaFile(this.directory, subject, id, schema);
  }

  private remember(subject: string, id: number, schema: AvroSchema): void {
    const known = this.schemas.get(id);
    if (known && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new SegueError(
        'SCHEMA_INCOMPATIBLE',
        `two schemas have the id ${id} (a collision of their checksums); change a doc text of ${subject}`,
      );
    }
    this.schemas.set(id, schema);
    const ids = this.subjects.get(subject) ?? new Set();
    this.subjects.set(subject, ids.add(id));
  }

  private readDirectory(): void {
    if (this.directory === undefined) return;
    for (const file of readdirSync(this.directory).sort()) {
      const [, subject, id] = FILE_NAME.exec(file) ?? [];
      if (subject === undefined || id === undefined) continue;
      if (this.subjects.get(subject)?.has(Number.parseInt(id, 16))) continue;
      this.readSchemaFile(join(this.directory, file), subject, Number.parseInt(id, 16));
    }
  }

  private readSchemaFile(path: string, subject: string, id: number): void {
    const schema = JSON.parse(readFileSync(path, 'utf8')) as AvroSchema;
    if (schemaId(schema) !== id) {
      throw new SegueError(
        'STORE_CORRUPT',
        `expected the schema of id ${id} in ${path}, found another text; restore the file from a backup`,
      );
    }
    this.remember(subject, id, schema);
  }
}

export function schemaId(schema: AvroSchema): number {
  const digest = createHash('sha256').update(JSON.stringify(schema)).digest();
  return digest.readUInt32BE(0) >>> 1;
}

/** Renamed into place, so that another process never reads half a file. */
function writeSchemaFile(directory: string, subject: string, id: number, schema: AvroSchema): void {
  const name = `${subject}.${id.toString(16).padStart(8, '0')}.avsc`;
  const temporary = join(directory, `${name}.${process.pid}.part`);
  writeFileSync(temporary, JSON.stringify(schema), { flush: true });
  renameSync(temporary, join(directory, name));
}
