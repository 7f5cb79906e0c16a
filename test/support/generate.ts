/**
 * `npm run generate`: writes every generated file of the tree anew. Each has a freshness test. A generator
 * is a function without arguments that writes its file.
 */
import { generateDashboards } from './generate-dashboards';
import { generateEnvironmentExample } from './generate-environment-example';
import { generateReadme } from './generate-readme';
import { generateRecords } from './generate-records';
import { keepSchemas } from './keep-schemas';

const GENERATORS: Readonly<Record<string, () => void | Promise<void>>> = {
  'schemas/records.ts': generateRecords,
  'README.md': generateReadme,
  'test/fixtures/schemas': keepSchemas,
  'grafana/dashboards': generateDashboards,
  '.env.example': generateEnvironmentExample,
};

async function main(): Promise<void> {
  for (const [file, generate] of Object.entries(GENERATORS)) {
    await generate();
    console.log(`generated ${file}`);
  }
}

void main();
