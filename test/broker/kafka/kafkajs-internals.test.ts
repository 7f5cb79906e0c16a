import { readFileSync } from 'node:fs';
import { checkPinned } from '../../../src/broker/kafka/kafkajs-internals';

const FILE = 'network/connection.js';

test('fails loudly when a file of kafkajs is not the one it was written against', () => {
  const content = readFileSync(require.resolve(`kafkajs/src/${FILE}`));
  expect(() => checkPinned(FILE, content)).not.toThrow();
  const changed = Buffer.concat([content, Buffer.from('\n')]);
  expect(() => checkPinned(FILE, changed)).toThrow(/network\/connection\.js: expected SHA-256/);
});
