import { dirname } from 'node:path';
import { systemClock } from '../../src/clock';
import { evaluateProtocol, type ResultRow } from '../../src/evaluation/evaluate-protocol';
import { withSharedData } from '../support/shared-data';

withSharedData('30music-sample10', (folder) => {
  test('ALS beats every popularity ranking on held-out weeks, and the rows repeat', async () => {
    const rows: ResultRow[] = [];
    const options = {
      protocol: '30music-time',
      data: dirname(folder),
      factors: [32],
      seeds: 2,
      threads: 2,
      yardsticks: false,
      clock: systemClock,
    } as const;
    for await (const row of evaluateProtocol(options)) rows.push(row);
    const als = rows.find(({ model }) => model === 'ALS, 32 factors')!;
    expect(als.seeds).toBe(2);
    expect(als.seedDeviation).toBeGreaterThan(0);
    const popularity = rows.filter(({ model }) => model.startsWith('popularity'));
    expect(popularity.length).toBe(9);
    for (const row of popularity)
      for (const metric of ['Recall@20 (min)', 'NDCG@20', 'MAP@100'] as const)
        expect(als.means[metric]).toBeGreaterThan(row.means[metric]);
    expect(als.coverage).toBeGreaterThan(popularity[0]!.coverage);
    expect(als.novelty).toBeGreaterThan(popularity[0]!.novelty);
  });
});

test('an unknown folder of data is an operating error', async () => {
  const rows = evaluateProtocol({
    protocol: 'gowalla',
    data: '/nowhere',
    seeds: 1,
    threads: 1,
    yardsticks: false,
    clock: systemClock,
  });
  await expect(rows.next()).rejects.toMatchObject({ code: 'INPUT_UNREADABLE' });
});
