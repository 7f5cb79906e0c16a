/**
 * A process that opens a directory's broker and writes steps until it is killed. Each step is two
 * records and one position; after each it prints how many are acknowledged.
 *
 *   node embedded-broker-process.js DIRECTORY [--hold]   with --hold it only holds the directory open
 */
import { openEmbeddedBroker } from '../../src/broker/embedded-directory';

async function main(directory: string, holdsOnly: boolean): Promise<void> {
  const broker = await openEmbeddedBroker(directory, { asOwner: true });
  await broker.createTopics([
    { name: 'out', partitions: 1, cleanup: 'delete' },
    { name: 'table', partitions: 1, cleanup: 'compact' },
  ]);
  const writer = await broker.takeOver('slot', 'group');
  process.stdout.write('open\n');
  if (holdsOnly) {
    process.stdin.resume();
    return;
  }
  const [known] = await broker.committed('group', [{ topic: 'in', partition: 0 }]);
  for (let offset = (known?.offset ?? 0) + 1; ; offset++) {
    const value = Buffer.from(`${offset}`);
    await writer.commit({
      records: ['out', 'table'].map((topic) => ({ topic, key: Buffer.from('k'), value })),
      positions: [{ topic: 'in', partition: 0, offset }],
    });
    process.stdout.write(`${offset}\n`);
  }
}

void main(process.argv[2]!, process.argv.includes('--hold'));
