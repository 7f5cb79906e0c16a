import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLevel } from 'memory-level';
import { type Level, openClassicLevel } from '../../src/store/level';
import { brokerContract } from '../contract/broker-contract';
import { EmbeddedBrokerHarness } from '../support/embedded-broker-harness';

const RECORD_BYTES_MAX = 1_048_588;

describe('on disk', () => {
  const memory = { blockCacheBytes: 1 << 20, writeBufferBytes: 1 << 20 };
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'segue-contract-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  brokerContract(
    'embedded',
    () => EmbeddedBrokerHarness.start(() => openClassicLevel(join(directory, 'log'), memory)),
    { recordBytesMax: RECORD_BYTES_MAX },
  );
});

describe('in memory', () => {
  // What the database holds outlives closing it, so a restart finds it again.
  const database = new MemoryLevel<string, Buffer>({ valueEncoding: 'buffer' });
  const open = async (): Promise<Level> => {
    await database.open();
    return database as unknown as Level;
  };

  brokerContract('embedded', () => EmbeddedBrokerHarness.start(open), {
    recordBytesMax: RECORD_BYTES_MAX,
  });
});
