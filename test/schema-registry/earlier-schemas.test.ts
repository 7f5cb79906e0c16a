/**
 * Every schema that was ever in use is kept in test/fixtures/schemas as `<subject>.<version>.avsc`, the
 * current one included. A changed schema needs a new file there; nobody edits or removes an old one.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/compiled-path';
import { compatibilityFaults } from '../../src/schema-registry/compatibility';
import { loadSchema } from '../../src/schema-registry/load-schema';
import type { AvroSchema } from '../../src/schema-registry/schema-registry';

const kept = join(projectRoot(), 'test', 'fixtures', 'schemas');
const subjects = readdirSync(join(projectRoot(), 'schemas'))
  .filter((name) => name.endsWith('.avsc'))
  .map((name) => name.slice(0, -'.avsc'.length));

/** Tables, whose old records stay for ever; see the list of topics in the design. */
const TABLES = ['histories-value', 'listener-counts-value', 'recommendations-value'];

function earlier(subject: string): AvroSchema[] {
  return readdirSync(kept)
    .filter((name) => name.startsWith(`${subject}.`))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(kept, name), 'utf8')) as AvroSchema);
}

describe.each(subjects)('%s', (subject) => {
  it('reads the records of all its earlier versions', () => {
    const compatibility = TABLES.includes(subject) ? 'FULL_TRANSITIVE' : 'BACKWARD';
    expect(compatibilityFaults(loadSchema(subject), earlier(subject), compatibility)).toEqual([]);
  });

  it('is kept among its versions', () => {
    expect(earlier(subject)).toContainEqual(loadSchema(subject));
  });
});
