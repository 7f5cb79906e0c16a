/**
 * Writes schemas/records.ts, one TypeScript interface for each record of schemas/*.avsc. The field names
 * are the schema's own, so that what is written in the code is what other programs read.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../src/compiled-path';

type Schema = string | readonly Schema[] | { readonly [key: string]: unknown };

interface SchemaField {
  readonly name: string;
  readonly type: Schema;
  readonly doc?: string;
}

/** Avro's longs are exact to 2^53 here: codecs refuse others. */
const PRIMITIVES: Readonly<Record<string, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Buffer',
};

const HEADER = `/** Generated from schemas/*.avsc by \`npm run generate\`; a test compares. Do not edit. */\n`;

/** The text of schemas/records.ts for the schemas in `folder`. Throws on a name defined twice differently. */
export function recordsText(folder: string): string {
  const declared = new Map<string, string>();
  const files = readdirSync(folder).filter((name) => name.endsWith('.avsc'));
  for (const file of files.sort()) {
    const schema = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Schema;
    typeOf(schema, declared);
  }
  return [HEADER, ...declared.values()].join('\n');
}

export function generateRecords(): void {
  const folder = join(projectRoot(), 'schemas');
  writeFileSync(join(folder, 'records.ts'), recordsText(folder));
}

function typeOf(schema: Schema, declared: Map<string, string>): string {
  if (typeof schema === 'string') return PRIMITIVES[schema] ?? shortName(schema);
  if (Array.isArray(schema)) return unionOf(schema as readonly Schema[], declared);
  const object = schema as { readonly [key: string]: unknown };
  switch (object['type']) {
    case 'record':
      return declareRecord(object, declared);
    case 'enum':
      return declareEnum(object, declared);
    case 'array':
      return `readonly ${parenthesised(typeOf(object['items'] as Schema, declared))}[]`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(object['values'] as Schema, declared)}>>`;
    default:
      return typeOf(object['type'] as Schema, declared);
  }
}

function unionOf(branches: readonly Schema[], declared: Map<string, string>): string {
  const types = branches.map((branch) => typeOf(branch, declared));
  const nullLast = [
    ...types.filter((type) => type !== 'null'),
    ...types.filter((t) => t === 'null'),
  ];
  return nullLast.join(' | ');
}

function parenthesised(type: string): string {
  return type.includes(' ') ? `(${type})` : type;
}

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function declareRecord(
  schema: { readonly [key: string]: unknown },
  declared: Map<string, string>,
): string {
  const name = shortName(schema['name'] as string);
  const fields = schema['fields'] as readonly SchemaField[];
  const lines = fields.map(
    (field) =>
      `${docOf(field.doc, '  ')}  readonly ${field.name}: ${typeOf(field.type, declared)};\n`,
  );
  const text = `export interface ${name} {\n${lines.join('')}}\n`;
  return declare(name, docOf(schema['doc'], '') + text, declared);
}

function declareEnum(
  schema: { readonly [key: string]: unknown },
  declared: Map<string, string>,
): string {
  const name = shortName(schema['name'] as string);
  const symbols = (schema['symbols'] as readonly string[]).map((symbol) => `'${symbol}'`);
  return declare(name, `export type ${name} = ${symbols.join(' | ')};\n`, declared);
}

function declare(name: string, text: string, declared: Map<string, string>): string {
  const known = declared.get(name);
  if (known !== undefined && known !== text) {
    throw new Error(`two schemas define ${name} differently; give one of them another name`);
  }
  declared.set(name, text);
  return name;
}

function docOf(doc: unknown, indent: string): string {
  return typeof doc === 'string' ? `${indent}/** ${doc.replaceAll('*/', '*\\/')} */\n` : '';
}
