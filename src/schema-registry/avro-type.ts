/**
 * avsc types that survive hostile bytes. avsc takes the element count of an array or map as it stands in
 * the bytes, and jumps by the block size it finds there, backwards too: few bytes can allocate without
 * bound or loop for ever. Here a count is refused that the bytes left could not hold, and every element
 * must move the cursor on. (An element takes at least one byte in every schema of this tree; a foreign
 * writer's array of nulls is refused, which is no loss.)
 */
import { type Schema, Type, types } from 'avsc';
import type { AvroSchema } from './schema-registry';

/** The part of avsc's cursor that is used here (lib/utils.js of the pinned version). */
interface Tap {
  readonly buf: Buffer;
  pos: number;
  readLong(): number;
  readString(): string;
}

interface Reader {
  _read(tap: Tap): unknown;
  _skip(tap: Tap): void;
}

/** What `_read` finds as `this`: the type itself, or a resolver that reads an older writer's items. */
interface ArrayReader {
  readonly itemsType: Reader;
}

interface MapReader {
  readonly valuesType: Reader;
}

type ForSchemaOptions = NonNullable<Parameters<typeof Type.forSchema>[1]>;

type BuiltIn = new (schema: Schema, options: unknown) => Type;

class BoundedArrayType extends (types.ArrayType as unknown as BuiltIn) {
  _read(this: ArrayReader, tap: Tap): unknown[] {
    const items: unknown[] = [];
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) {
        const start = tap.pos;
        items.push(this.itemsType._read(tap));
        assertMovedOn(tap, start);
      }
    }
    return items;
  }

  _skip(this: ArrayReader, tap: Tap): void {
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) {
        const start = tap.pos;
        this.itemsType._skip(tap);
        assertMovedOn(tap, start);
      }
    }
  }
}

class BoundedMapType extends (types.MapType as unknown as BuiltIn) {
  _read(this: MapReader, tap: Tap): Record<string, unknown> {
    const values: Record<string, unknown> = {};
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) {
        const start = tap.pos;
        const key = tap.readString();
        values[key] = this.valuesType._read(tap);
        assertMovedOn(tap, start);
      }
    }
    return values;
  }

  _skip(this: MapReader, tap: Tap): void {
    for (let count = readCount(tap); count > 0; count = readCount(tap)) {
      for (let i = 0; i < count; i++) {
        const start = tap.pos;
        tap.readString();
        this.valuesType._skip(tap);
        assertMovedOn(tap, start);
      }
    }
  }
}

/** A block's element count; negative in the bytes where its size in bytes follows. */
function readCount(tap: Tap): number {
  let count = tap.readLong();
  if (count < 0) {
    count = -count;
    tap.readLong();
  }
  const left = tap.buf.length - tap.pos;
  if (count > left) throw new RangeError(`a block of ${count} elements in ${left} bytes`);
  return count;
}

function assertMovedOn(tap: Tap, start: number): void {
  if (tap.pos <= start) throw new RangeError('an element without length');
}

function boundedHook(schema: Schema, options: ForSchemaOptions): Type | undefined {
  const kind = (schema as { type?: unknown }).type;
  if (kind === 'array') return new BoundedArrayType(schema, options);
  if (kind === 'map') return new BoundedMapType(schema, options);
  return undefined;
}

/** Unions are plain values (`null | string`), not wrapped ones. Throws on a schema that is not Avro. */
export function toAvroType(schema: AvroSchema): Type {
  const options: ForSchemaOptions = { typeHook: boundedHook, omitRecordMethods: true };
  return Type.forSchema(schema as unknown as Schema, options);
}
