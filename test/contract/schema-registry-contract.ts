/** What every schema registry adapter promises, whatever stands behind it. */
import type { AvroSchema, SchemaRegistry } from '../../src/schema-registry/schema-registry';
import { UnreadableValue } from '../../src/schema-registry/schema-registry';

export interface RegistryHarness {
  /** Another connection to the same registry, as another process would have. */
  connect(): Promise<SchemaRegistry>;
  /** A subject that no other test uses. */
  freshSubject(): string;
}

interface Fields {
  readonly [name: string]: unknown;
}

/** A record schema with a name of its own: registries may give equal texts equal ids. */
function recordSchema(subject: string, fields: readonly object[]): AvroSchema {
  const name = subject.replaceAll('-', '_');
  return { type: 'record', name, namespace: 'contract', fields };
}

const USER = { name: 'user', type: 'string' };
const PLAYS = { name: 'plays', type: 'long' };
const NOTE = { name: 'note', type: ['null', 'string'], default: null };

export function schemaRegistryContract(name: string, open: () => Promise<RegistryHarness>): void {
  describe(`schema registry contract: ${name}`, () => {
    let harness: RegistryHarness;
    let subject: string;

    beforeAll(async () => {
      harness = await open();
    });

    beforeEach(() => {
      subject = harness.freshSubject();
    });

    const version = (...fields: object[]) => recordSchema(subject, fields);

    const codecOf = async (schema: AvroSchema, compatibility: 'BACKWARD' | 'FULL_TRANSITIVE') =>
      (await harness.connect()).codec<Fields>(subject, schema, compatibility);

    it('reads what it has written, in the wire format', async () => {
      const codec = await codecOf(version(USER, PLAYS), 'BACKWARD');
      const bytes = codec.encode({ user: 'ann', plays: 2 ** 53 - 2 });
      expect(bytes[0]).toBe(0);
      expect(bytes.readUInt32BE(1)).toBeGreaterThan(0);
      expect(codec.decode(bytes)).toEqual({ user: 'ann', plays: 2 ** 53 - 2 });
    });

    it('gives the same schema the same id, whoever registers it', async () => {
      const first = await codecOf(version(USER, PLAYS), 'BACKWARD');
      const second = await codecOf(version(USER, PLAYS), 'BACKWARD');
      const value = { user: 'ann', plays: 1 };
      expect(second.encode(value)).toEqual(first.encode(value));
    });

    it('takes one schema from processes that start at the same time', async () => {
      const schema = version(USER, PLAYS);
      const codecs = await Promise.all(
        Array.from({ length: 8 }, () => codecOf(schema, 'FULL_TRANSITIVE')),
      );
      const written = codecs.map((codec) =>
        codec.encode({ user: 'ann', plays: 1 }).toString('hex'),
      );
      expect(new Set(written).size).toBe(1);
    });

    it('tells the schema under an id to anybody, and of none under an id that was never given', async () => {
      const schema = version(USER, PLAYS);
      const id = (await codecOf(schema, 'BACKWARD'))
        .encode({ user: 'ann', plays: 1 })
        .readUInt32BE(1);
      const registry = await harness.connect();
      expect(await registry.schemaOf(id)).toMatchObject({ fields: [USER, PLAYS] });
      expect(await registry.schemaOf(0x7fff_fff0)).toBeUndefined();
    });

    it('reads records of an older writer under a newer schema, once their id is learnt', async () => {
      const old = await codecOf(version(USER, PLAYS), 'BACKWARD');
      const bytes = old.encode({ user: 'ann', plays: 3 });
      const now = await codecOf(version(NOTE, USER), 'BACKWARD');
      await now.learn([bytes, null]);
      expect(now.decode(bytes)).toEqual({ user: 'ann', note: null });
    });

    it('reads records of a newer writer under an older schema where both ways are promised', async () => {
      const old = await codecOf(version(USER), 'FULL_TRANSITIVE');
      const now = await codecOf(version(USER, NOTE), 'FULL_TRANSITIVE');
      const bytes = now.encode({ user: 'ann', note: 'new' });
      await old.learn([bytes]);
      expect(old.decode(bytes)).toEqual({ user: 'ann' });
    });

    it('refuses a schema that cannot read older records, and says which field', async () => {
      await codecOf(version(USER), 'BACKWARD');
      await expectRefusal(codecOf(version(USER, PLAYS), 'BACKWARD'), /plays/);
    });

    it('refuses a schema whose records an older program cannot read, where that is promised', async () => {
      await codecOf(version(USER, PLAYS), 'FULL_TRANSITIVE');
      await expectRefusal(codecOf(version(USER), 'FULL_TRANSITIVE'), /plays/);
    });

    it('keeps to all earlier versions, not only to the latest one', async () => {
      const renamed = (type: unknown) => version(USER, { name: 'kind', type, default: null });
      await codecOf(renamed(['null', 'string']), 'FULL_TRANSITIVE');
      await codecOf(version(USER), 'FULL_TRANSITIVE');
      await expectRefusal(codecOf(renamed(['null', 'long']), 'FULL_TRANSITIVE'), /kind/);
    });

    it.each([0, 0x7abbccdd, 0x80000000, 0xffffffff])(
      'answers UNKNOWN_SCHEMA for the id %d, which nobody registered',
      async (id) => {
        const codec = await codecOf(version(USER), 'BACKWARD');
        const bytes = Buffer.from([0, 0, 0, 0, 0, 2, 0x78]);
        bytes.writeUInt32BE(id, 1);
        await codec.learn([bytes]);
        expect(reasonOf(() => codec.decode(bytes))).toBe('UNKNOWN_SCHEMA');
      },
    );

    it('answers UNKNOWN_SCHEMA for an id of a quite different record', async () => {
      const codec = await codecOf(version(USER), 'BACKWARD');
      const other = harness.freshSubject();
      const foreign = await (await harness.connect()).codec<Fields>(
        other,
        recordSchema(other, [PLAYS]),
        'BACKWARD',
      );
      const bytes = foreign.encode({ plays: 1 });
      await codec.learn([bytes]);
      expect(reasonOf(() => codec.decode(bytes))).toBe('UNKNOWN_SCHEMA');
    });
  });
}

function reasonOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UnreadableValue) return error.reason;
    throw error;
  }
  return 'read';
}

async function expectRefusal(registering: Promise<unknown>, message: RegExp): Promise<void> {
  const error = await registering.then(
    () => undefined,
    (refusal: unknown) => refusal,
  );
  expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', retriable: false });
  expect((error as Error).message).toMatch(message);
}
