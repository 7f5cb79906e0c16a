/** Finds the schemas of this tree: one `schemas/<subject>.avsc` a subject. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../compiled-path';
import type { AvroSchema } from './schema-registry';

/** The schema written for `subject`, such as `listens-value`. Throws where the tree has none. */
export function loadSchema(subject: string): AvroSchema {
  return JSON.parse(
    readFileSync(join(projectRoot(), 'schemas', `${subject}.avsc`), 'utf8'),
  ) as AvroSchema;
}
