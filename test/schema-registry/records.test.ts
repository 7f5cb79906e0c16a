import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/compiled-path';
import { recordsText } from '../support/generate-records';

describe('schemas/records.ts', () => {
  it('is what `npm run generate` writes from the schemas', () => {
    const folder = join(projectRoot(), 'schemas');
    expect(readFileSync(join(folder, 'records.ts'), 'utf8')).toBe(recordsText(folder));
  });
});
