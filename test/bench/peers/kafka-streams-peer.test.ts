/** The peer in Java is built by the bench alone; what would break it unseen is a field that it does not know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';

const FOLDER = 'test/bench/peers/kafka-streams/src/main/java/segue/peer';
const read = (...path: string[]) => readFileSync(join(projectRoot(), ...path), 'utf8');

describe('the Kafka Streams peer', () => {
  it.each([
    ['listener-changes', 'KeepHistory.java'],
    ['histories', 'KeepHistory.java'],
    ['listener-counts', 'CountListeners.java'],
  ])('fills every field of %s', (topic, file) => {
    const { fields } = JSON.parse(read('schemas', `${topic}-value.avsc`)) as {
      fields: { name: string }[];
    };
    const text = read(FOLDER, file);
    const missing = fields.filter(({ name }) => !text.includes(`.put("${name}", `));
    expect(missing).toEqual([]);
  });
});
