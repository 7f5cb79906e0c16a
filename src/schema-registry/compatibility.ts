/**
 * What Avro's resolution rules say about a schema and its predecessors. The embedded registry always asks
 * about all of them: its topics keep old records, so the latest predecessor alone proves nothing.
 */
import { type Type, types } from 'avsc';
import { toAvroType } from './avro-type';
import type { AvroSchema, Compatibility } from './schema-registry';

/** Each way in which `schema` breaks the promise; none where it keeps it. */
export function compatibilityFaults(
  schema: AvroSchema,
  earlier: readonly AvroSchema[],
  compatibility: Compatibility,
): string[] {
  const faults: string[] = [];
  for (const old of earlier) {
    const backward = readingFault(schema, old);
    if (backward !== undefined) faults.push(`it cannot read older records: ${backward}`);
    if (compatibility !== 'FULL_TRANSITIVE') continue;
    const forward = readingFault(old, schema);
    if (forward !== undefined) faults.push(`older programs cannot read its records: ${forward}`);
  }
  return [...new Set(faults)];
}

function readingFault(reader: AvroSchema, writer: AvroSchema): string | undefined {
  const [readerType, writerType] = [toAvroType(reader), toAvroType(writer)];
  const fault = resolvingFault(readerType, writerType);
  return fault === undefined ? undefined : (fieldFault(readerType, writerType) ?? fault);
}

/** avsc names the types that do not fit, but not the field that has them. */
function fieldFault(reader: Type, writer: Type): string | undefined {
  const written = new Map(fieldsOf(writer).map((field) => [field.name, field.type]));
  for (const { name, type } of fieldsOf(reader)) {
    const writtenType = written.get(name);
    const fault = writtenType && resolvingFault(type, writtenType);
    if (fault !== undefined) return `field ${name}: ${fault}`;
  }
  return undefined;
}

function resolvingFault(reader: Type, writer: Type): string | undefined {
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function fieldsOf(type: Type): readonly types.Field[] {
  return type instanceof types.RecordType ? type.fields : [];
}
