import {
  ConfluentRegistry,
  type ConfluentRegistryOptions,
} from '../../src/schema-registry/confluent-registry';
import type { AvroSchema } from '../../src/schema-registry/schema-registry';
import { schemaRegistryContract } from '../contract/schema-registry-contract';
import { StubRegistry } from '../support/stub-registry';

let stub: StubRegistry;

beforeAll(async () => {
  stub = await StubRegistry.start();
});

afterEach(() => {
  stub.login = undefined;
  stub.instead = undefined;
  stub.collisions = 0;
});

afterAll(() => stub.stop());

let subjects = 0;
const freshSubject = () => `subject-${subjects++}-value`;

schemaRegistryContract('Confluent client and a stub', async () => ({
  connect: async () => new ConfluentRegistry({ url: stub.url }),
  freshSubject,
}));

describe('ConfluentRegistry', () => {
  const SCHEMA: AvroSchema = {
    type: 'record',
    name: 'Thing',
    fields: [{ name: 'size', type: 'int' }],
  };

  function codec(subject: string, options: Partial<ConfluentRegistryOptions> = {}) {
    return new ConfluentRegistry({ url: stub.url, ...options }).codec(subject, SCHEMA, 'BACKWARD');
  }

  async function failure(registering: Promise<unknown>) {
    return await registering.then(
      () => {
        throw new Error('expected a failure');
      },
      (error) => error as { code: string; message: string; retriable: boolean },
    );
  }

  it('registers under the subject that it is given', async () => {
    const subject = freshSubject();
    await codec(subject);
    expect(stub.requests).toContain(`POST /apis/ccompat/v7/subjects/${subject}/versions`);
  });

  it('tries again when another process set the level at the same moment', async () => {
    stub.collisions = 1;
    const things = await codec(freshSubject());
    expect(things.encode({ size: 1 })[0]).toBe(0);
    expect(stub.collisions).toBe(0);
  });

  it('does not try for ever', async () => {
    stub.instead = { status: 409, body: { message: 'never' } };
    const error = await failure(codec(freshSubject()));
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE' });
    expect(error.message).toContain('never');
  });

  it('sets the level of a subject that another tool made without any', async () => {
    const subject = freshSubject();
    stub.post(subject, JSON.stringify(SCHEMA));
    await codec(subject);
    expect(stub.level(subject)).toBe('BACKWARD');
  });

  it('leaves a level alone that promises more', async () => {
    const subject = freshSubject();
    stub.setLevel(subject, 'FULL_TRANSITIVE');
    await codec(subject);
    expect(stub.level(subject)).toBe('FULL_TRANSITIVE');
  });

  it('stops at a level that promises something else', async () => {
    const subject = freshSubject();
    stub.setLevel(subject, 'FORWARD');
    const error = await failure(codec(subject));
    expect(error).toMatchObject({ code: 'SCHEMA_INCOMPATIBLE', retriable: false });
    expect(error.message).toMatch(/kept BACKWARD, it is FORWARD/);
    expect(stub.level(subject)).toBe('FORWARD');
  });

  it('refuses an incompatible schema also where it first has to set the level', async () => {
    const subject = freshSubject();
    stub.post(subject, JSON.stringify({ ...SCHEMA, fields: [] }));
    const error = await failure(codec(subject));
    expect(error.code).toBe('SCHEMA_INCOMPATIBLE');
    expect(error.message).toMatch(/size/);
  });

  it('asks for a record whose schema is no Avro once, and answers UNKNOWN_SCHEMA', async () => {
    stub.post('json', '{"type":"object","properties":{}}');
    const things = await codec(freshSubject());
    const bytes = Buffer.from([0, 0, 0, 0, stub.texts.length - 1, 2]);
    const id = stub.texts.indexOf('{"type":"object","properties":{}}') + 1;
    bytes.writeUInt32BE(id, 1);
    await things.learn([bytes]);
    await things.learn([bytes]);
    expect(() => things.decode(bytes)).toThrow(
      expect.objectContaining({ reason: 'UNKNOWN_SCHEMA' }),
    );
    const path = `GET /apis/ccompat/v7/schemas/ids/${id}`;
    expect(stub.requests.filter((request) => request === path)).toHaveLength(1);
  });

  it.each(['as settings', 'in the URL'])(
    'logs in with the name and password that it is given %s',
    async (where) => {
      stub.login = 'ann:s€cret';
      const inUrl = stub.url.replace('http://', 'http://ann:s%E2%82%ACcret@');
      const options =
        where === 'in the URL' ? { url: inUrl } : { username: 'ann', password: 's€cret' };
      const subject = freshSubject();
      stub.post(subject, JSON.stringify(SCHEMA));
      await codec(subject, options);
      expect(stub.level(subject)).toBe('BACKWARD');
    },
  );

  it('says that a login is refused, and not with which password', async () => {
    stub.login = 'ann:right';
    const url = stub.url.replace('http://', 'http://ann:wrong@');
    const error = await failure(codec(freshSubject(), { url }));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retriable: false });
    expect(error.message).toMatch(/answered 401/);
    expect(JSON.stringify([error, error.message, (error as unknown as Error).stack])).not.toMatch(
      /wrong/,
    );
  });

  it('can be tried again when the registry fails', async () => {
    stub.instead = { status: 503, body: { message: 'starting' } };
    const error = await failure(codec(freshSubject()));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retriable: true });
  });

  it('gives up on a registry that accepts and never answers', async () => {
    stub.instead = 'nothing';
    const error = await failure(codec(freshSubject(), { requestMsMax: 50 }));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retriable: true });
    expect(error.message).toMatch(/imeout/);
  });

  it('says where nobody answers', async () => {
    const gone = await StubRegistry.start();
    const { url } = gone;
    await gone.stop();
    const error = await failure(codec(freshSubject(), { url }));
    expect(error).toMatchObject({ code: 'REGISTRY_UNREACHABLE', retriable: true });
    expect(error.message).toContain(url);
    expect(error.message).toMatch(/ECONNREFUSED/);
  });

  it('takes a failing registry for no fault of the record whose schema it asks for', async () => {
    const things = await codec(freshSubject());
    const bytes = Buffer.from([0, 0, 0, 0xff, 0xff, 2]);
    stub.instead = { status: 500, body: {} };
    expect(await failure(things.learn([bytes]))).toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retriable: true,
    });
    stub.instead = undefined;
    await things.learn([bytes]);
    expect(() => things.decode(bytes)).toThrow(/knows no schema id 65535/);
  });

  it.each(['', 'localhost:8081', 'ftp://registry'])('refuses %j as its URL', (url) => {
    expect(() => new ConfluentRegistry({ url })).toThrow(
      expect.objectContaining({ code: 'SETTING_INVALID' }),
    );
  });
});
