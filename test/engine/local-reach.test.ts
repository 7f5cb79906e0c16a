import { LocalReach } from '../../src/engine/local-reach';
import { noLogger } from '../../src/logger';
import { openMemoryLevel } from '../../src/store/level';
import { SlotDatabase } from '../../src/store/slot-database';
import { toyTopology } from '../support/engine/toy-topology';

const mark = (changelogs: Record<string, number>) => ({
  changelogs,
  bootId: 'boot',
  clean: false,
  writtenAtMs: 0,
  writers: {},
});

test('counts how far the tables are, and not the progress of everybody', async () => {
  const reach = new LocalReach(toyTopology(), noLogger);
  const database = new SlotDatabase(await openMemoryLevel());
  await database.apply([], mark({ counts: 7, progress: 1000 }));
  await reach.read([3], async () => database);
  reach.note(4, { counts: 9 });
  reach.note(5, undefined);
  expect(reach.toRecord()).toEqual({ 3: 7, 4: 9 });
});

test('knows nothing of what cannot be opened, says so, and looks at the rest', async () => {
  const warnings: string[] = [];
  const logger = { ...noLogger, warn: (message: string) => void warnings.push(message) };
  const reach = new LocalReach(toyTopology(), logger);
  const empty = new SlotDatabase(await openMemoryLevel());
  await reach.read([0, 1], async (slot) => {
    if (slot === 0) throw new Error('somebody has it open');
    return empty;
  });
  expect(reach.toRecord()).toEqual({});
  expect(warnings).toEqual(['slot 0: local state cannot be looked at: somebody has it open']);
});
