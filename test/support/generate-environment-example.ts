/** Writes .env.example: every setting, commented out with its default. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/compiled-path';
import { environmentExample } from '../../src/settings/setting-documents';

export const ENVIRONMENT_EXAMPLE = join(projectRoot(), '.env.example');

export function generateEnvironmentExample(): void {
  writeFileSync(ENVIRONMENT_EXAMPLE, environmentExample());
}
