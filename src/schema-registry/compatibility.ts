/**
 * What Avro's resolution rules say about a schema and its predecessors. The embedded registry always asks
 * about all of them: its topics keep old records, so the latest predecessor alone proves nothing.
 */
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
  try {
    toAvroType(reader).createResolver(toAvroType(writer));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
