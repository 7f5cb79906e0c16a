/**
 * Keeps every schema that was ever in use in test/fixtures/schemas, as `<subject>.<version>.avsc`: a schema
 * that is not among the versions of its subject becomes the next one. A version that has been released is
 * never edited or removed; one that never left this tree may be.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { projectRoot } from '../../src/compiled-path';
import { loadSchema } from '../../src/schema-registry/load-schema';
import type { AvroSchema } from '../../src/schema-registry/schema-registry';

const kept = () => join(projectRoot(), 'test', 'fixtures', 'schemas');

/** Subjects that have a schema in this tree. */
export function schemaSubjects(): string[] {
  const files = readdirSync(join(projectRoot(), 'schemas')).filter((name) =>
    name.endsWith('.avsc'),
  );
  return files.map((name) => name.slice(0, -'.avsc'.length)).sort();
}

/** Oldest first. */
export function keptVersions(subject: string): AvroSchema[] {
  const numbers = readdirSync(kept())
    .filter((name) => name.startsWith(`${subject}.`))
    .map((name) => Number(name.split('.')[1]));
  return numbers
    .sort((a, b) => a - b)
    .map((number) => JSON.parse(readFileSync(versionPath(subject, number), 'utf8')) as AvroSchema);
}

export function keepSchemas(): void {
  for (const subject of schemaSubjects()) {
    const versions = keptVersions(subject);
    const schema = loadSchema(subject);
    if (versions.some((version) => isDeepStrictEqual(version, schema))) continue;
    const text = readFileSync(join(projectRoot(), 'schemas', `${subject}.avsc`), 'utf8');
    writeFileSync(versionPath(subject, versions.length + 1), text);
  }
}

function versionPath(subject: string, version: number): string {
  return join(kept(), `${subject}.${version}.avsc`);
}
