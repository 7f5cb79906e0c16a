import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../src/compiled-path';
import { freshReadme } from './support/generate-readme';

describe('README.md', () => {
  it('has fresh generated parts (npm run generate writes them)', () => {
    const text = readFileSync(join(projectRoot(), 'README.md'), 'utf8');
    expect(text).toContain('<!-- generated: topology -->');
    expect(text).toBe(freshReadme(text));
  });
});
