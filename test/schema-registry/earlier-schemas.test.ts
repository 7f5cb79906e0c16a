import { compatibilityFaults } from '../../src/schema-registry/compatibility';
import { segueTopics } from '../../streams/topics';
import { keptVersions, schemaSubjects } from '../support/keep-schemas';

const topics = Object.values(segueTopics()).map(({ name, schema, compatibility }) => ({
  subject: `${name}-value`,
  schema,
  compatibility,
}));

it('every schema belongs to a topic', () => {
  expect(topics.map(({ subject }) => subject).sort()).toEqual(schemaSubjects());
});

describe.each(topics)('$subject', ({ subject, schema, compatibility }) => {
  it('keeps what it promises to all its earlier versions', () => {
    expect(compatibilityFaults(schema, keptVersions(subject), compatibility)).toEqual([]);
  });

  it('is kept among its versions (else run `npm run generate`)', () => {
    expect(keptVersions(subject)).toContainEqual(schema);
  });
});
