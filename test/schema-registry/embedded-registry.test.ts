import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmbeddedRegistry } from '../../src/schema-registry/embedded-registry';
import type { AvroSchema } from '../../src/schema-registry/schema-registry';
import { schemaRegistryContract } from '../contract/schema-registry-contract';

let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'segue-schemas-'));
});

afterAll(() => rmSync(directory, { recursive: true }));

let subjects = 0;
const freshSubject = () => `subject-${subjects++}-value`;

schemaRegistryContract('embedded, on disk', async () => ({
  connect: async () => EmbeddedRegistry.open(directory),
  freshSubject,
}));

schemaRegistryContract('embedded, in memory', async () => {
  const registry = EmbeddedRegistry.inMemory();
  return { connect: async () => registry, freshSubject };
});

describe('EmbeddedRegistry', () => {
  const schema: AvroSchema = {
    type: 'record',
    name: 'Thing',
    fields: [{ name: 'size', type: 'int' }],
  };

  it('gives a schema the same id in every directory, so that old data never changes its meaning', async () => {
    const codec = await EmbeddedRegistry.inMemory().codec('a', schema, 'BACKWARD');
    expect(codec.encode({ size: 1 }).toString('hex')).toBe('005d08fbdf02');
  });

  it('reads what an older version of the program wrote into the directory', async () => {
    const old = await EmbeddedRegistry.open(directory).codec('b', schema, 'BACKWARD');
    const bytes = old.encode({ size: 7 });
    const fields = [{ name: 'weight', type: 'int', default: 2 }];
    const newer: AvroSchema = { ...schema, fields };
    const codec = await EmbeddedRegistry.open(directory).codec('b', newer, 'BACKWARD');
    await codec.learn([bytes]);
    expect(codec.decode(bytes)).toEqual({ weight: 2 });
  });

  it('finds schemas that another process registers after it was opened', async () => {
    const reader = await EmbeddedRegistry.open(directory).codec('c', schema, 'BACKWARD');
    const fields = [...(schema['fields'] as object[]), { name: 'x', type: 'int', default: 0 }];
    const other = await EmbeddedRegistry.open(directory).codec(
      'c',
      { ...schema, fields },
      'BACKWARD',
    );
    const bytes = other.encode({ size: 3, x: 4 });
    await reader.learn([bytes]);
    expect(reader.decode(bytes)).toEqual({ size: 3 });
  });

  it('leaves no partly written files behind', async () => {
    await EmbeddedRegistry.open(directory).codec('d', schema, 'BACKWARD');
    expect(readdirSync(directory).filter((name) => !name.endsWith('.avsc'))).toEqual([]);
  });

  it('stops at a schema file whose text is not that of its id', () => {
    const broken = mkdtempSync(join(tmpdir(), 'segue-schemas-'));
    writeFileSync(join(broken, 'a.00000001.avsc'), '"string"');
    expect(() => EmbeddedRegistry.open(broken)).toThrow(
      expect.objectContaining({ code: 'STORE_CORRUPT' }),
    );
    rmSync(broken, { recursive: true });
  });
});
