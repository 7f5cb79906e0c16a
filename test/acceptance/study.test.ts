import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { DoneStep } from '../../src/app/study/run-study';
import { readTable } from '../../src/study/interaction-table';
import type { SplitStep } from '../../src/study/study';
import { SegueCommand } from '../support/acceptance/segue-command';
import { oracleStudy } from '../support/oracle/study';
import { withSharedData } from '../support/shared-data';
import { expectSameTables, filterOf, historiesOf } from '../support/study-tables';

const MINUTES = 60_000;
const LIMITS = { listenersMin: 10, tracksMin: 10 };

function rawListens(file: string) {
  const lines = gunzipSync(readFileSync(file)).toString('latin1').split('\n').slice(1);
  return lines.filter(Boolean).map((line) => {
    const [seconds, user, track] = line.split('\t');
    return { seconds: Number(seconds), user: user!, track: track! };
  });
}

describe('the study of a year of real listening', () => {
  withSharedData('30music-sample10', (data) => {
    const folder = mkdtempSync(join(tmpdir(), 'segue-study-'));
    const steps = new Map<string, DoneStep>();

    beforeAll(async () => {
      const segue = new SegueCommand([]);
      const said = await segue.run('study', [
        ...[join(data, 'events.tsv.gz'), '--columns', 'user=user_id,time=ts,track=song_id'],
        ...['--out', folder, '--steps', 'split', '--splits', 'pairs,time,study-order', '--json'],
      ]);
      for (const line of said.trim().split('\n')) {
        const step = JSON.parse(line) as DoneStep;
        steps.set(step.step, step);
      }
    }, 20 * MINUTES);
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const splitOf = (name: string) =>
      JSON.parse(
        readFileSync(join(steps.get(`split ${name}`)!.folder, 'result.json'), 'utf8'),
      ) as SplitStep;

    it(
      'counts through the topology what a script counts from scratch, on every table',
      async () => {
        const oracle = oracleStudy(rawListens(join(data, 'events.tsv.gz')), {
          topShare: 0.03,
          ...LIMITS,
        });
        const table = await readTable(steps.get('preprocess')!.folder);
        expectSameTables(filterOf(table, LIMITS), oracle);
        const lengths = (rows: Iterable<ReadonlyMap<string, readonly number[]>>) =>
          [...rows].map((row) => [...row.values()].map((times) => times.length).sort()).sort();
        // Tracks have ids of ours; users, plays and the shape of everybody's history are the same.
        const own = historiesOf(table);
        expect([...own.keys()].sort()).toEqual([...oracle.histories.keys()].sort());
        expect(lengths(own.values())).toEqual(lengths(oracle.histories.values()));
      },
      10 * MINUTES,
    );

    it('splits as the published protocols do, where these have the same rule', () => {
      const { test, validation } = splitOf('time');
      expect(test.splitTime).toBe(1419963769);
      expect(test.after).toMatchObject({ users: 6895, items: 8573, pairs: 187_617 });
      expect([test.warmUsers, test.warmTargets]).toEqual([1453, 17_982]);
      expect(validation.after).toMatchObject({ users: 5352, items: 7286, pairs: 140_121 });
      expect([validation.warmUsers, validation.warmTargets]).toEqual([858, 10_185]);
      const order = splitOf('study-order').test;
      expect(order.after).toMatchObject({ users: 8653, items: 9489, pairs: 246_350 });
    });
  });
});
