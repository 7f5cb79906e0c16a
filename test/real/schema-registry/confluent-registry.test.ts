/** The registry contract and this tree's own schemas, on the real registry that the test support starts. */
import { randomUUID } from 'node:crypto';
import type { Listen } from '../../../schemas/records';
import { ConfluentRegistry } from '../../../src/schema-registry/confluent-registry';
import type { AvroSchema } from '../../../src/schema-registry/schema-registry';
import { segueTopics } from '../../../streams/topics';
import { schemaRegistryContract } from '../../contract/schema-registry-contract';

const url = process.env['SEGUE_TEST_REGISTRY'] as string;

const freshSubject = () => `test-${randomUUID()}-value`;

schemaRegistryContract('Confluent client and a real registry', async () => ({
  connect: async () => new ConfluentRegistry({ url }),
  freshSubject,
}));

it('takes the schema of every topic, again and again', async () => {
  const prefix = `test-${randomUUID()}-`;
  const topics = Object.values(segueTopics(prefix));
  for (let start = 0; start < 2; start++) {
    const registry = new ConfluentRegistry({ url });
    for (const { name, schema, compatibility } of topics) {
      await registry.codec(`${name}-value`, schema, compatibility);
    }
  }
});

it('carries listens of an older program into a newer one', async () => {
  const topic = segueTopics().listens;
  const subject = freshSubject();
  const old = await new ConfluentRegistry({ url }).codec<Listen>(
    subject,
    topic.schema,
    topic.compatibility,
  );
  const listen: Listen = {
    kind: 'DELETION',
    listened_at: 1704067200,
    recording_mbid: null,
    recording_msid: null,
    artist_name: 'Führer',
    track_name: '日本',
    release_name: null,
  };
  const fields = topic.schema['fields'] as object[];
  const newer: AvroSchema = {
    ...topic.schema,
    fields: [...fields, { name: 'source', type: 'string', default: 'unknown' }],
  };
  const now = await new ConfluentRegistry({ url }).codec<Listen>(
    subject,
    newer,
    topic.compatibility,
  );
  const bytes = old.encode(listen);
  await now.learn([bytes]);
  expect(now.decode(bytes)).toEqual({ ...listen, source: 'unknown' });
});

it('sets the level of a subject that another tool made without any', async () => {
  const subject = freshSubject();
  const schema = { type: 'record', name: 'Thing', fields: [] as object[] };
  await fetch(`${url}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  });
  const registry = new ConfluentRegistry({ url });
  const fields = [{ name: 'size', type: 'int' }];
  await expect(registry.codec(subject, { ...schema, fields }, 'BACKWARD')).rejects.toMatchObject({
    code: 'SCHEMA_INCOMPATIBLE',
    message: expect.stringContaining('size'),
  });
  await registry.codec(subject, schema, 'BACKWARD');
});
