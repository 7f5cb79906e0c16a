import { MemoryLevel } from 'memory-level';
import type { Level } from '../../src/store/level';
import { brokerContract } from '../contract/broker-contract';
import { SharedBrokerHarness } from '../support/shared-broker-harness';

const database = new MemoryLevel<string, Buffer>({ valueEncoding: 'buffer' });
const open = async (): Promise<Level> => {
  await database.open();
  return database as unknown as Level;
};

brokerContract('shared embedded', () => SharedBrokerHarness.start(open), {
  recordBytesMax: 1_048_588,
  joinRefusedWith: 'BROKER_NOT_OWNER',
});
