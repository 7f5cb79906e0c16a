/** The whole 30Music file through an installation, compared with a from-scratch computation at every turn. */

import type { Options } from '../../../src/config';
import type { Statistics } from '../../../streams/statistics';
import {
  type OracleCounts,
  oracleCounts,
  oracleFilter,
  oracleShareThreshold,
} from '../oracle/counts';
import { listFaults, readPublished } from './published-lists';
import type { SegueCommand } from './segue-command';
import { COLUMNS, thirtyMusicFile, thirtyMusicListens } from './thirty-music';

export interface Installation {
  readonly segue: SegueCommand;
  /** The same places as options of the program. */
  readonly options: Options;
  /** Lets processes run until everything is caught up, with whatever mishaps belong to this installation. */
  catchUp(mishaps: 'none' | 'some'): Promise<void>;
  /** Runs `segue retrain` with these options while processes run. */
  retrain(args: readonly string[]): Promise<void>;
  stop(): Promise<void>;
  /** Lists of each so many-th user are recomputed; 1: of all. */
  readonly checkEvery: number;
}

const TRACKS_MIN = 10;
const MINUTES = 60_000;

export function thirtyMusicSuite(folder: string, open: () => Promise<Installation>): void {
  let installation: Installation;
  let oracle: OracleCounts;

  beforeAll(async () => {
    oracle = oracleCounts(thirtyMusicListens(folder));
    installation = await open();
  }, 3 * MINUTES);
  afterAll(() => installation?.stop(), MINUTES);

  const send = () =>
    installation.segue.json<{ sent: number; refused: number }>('listen', [
      thirtyMusicFile(folder),
      '--columns',
      COLUMNS,
    ]);
  const statistics = (args: readonly string[] = []) =>
    installation.segue.json<Statistics>('stats', args);

  it(
    'counts the file exactly, mishaps or not',
    async () => {
      expect(await send()).toMatchObject({ sent: 343_183, refused: 0 });
      await installation.catchUp('some');
      const found = await statistics();
      expect(found).toMatchObject({
        listens: 343_183,
        users: 14_262,
        tracks: 9_999,
        pairs: 280_857,
        maxUniqueListeners: 410,
        duplicates: 0,
        deletions: 0,
        deadLetters: {},
      });
      expect(found).toMatchObject({
        listens: oracle.listens,
        users: oracle.users,
        tracks: oracle.tracks,
        pairs: oracle.pairs,
      });
      expect(found.table1.map(({ count }) => count)).toEqual(oracle.table1);
      expect(found.table2.map(({ count }) => count)).toEqual(oracle.table2);
    },
    8 * MINUTES,
  );

  it.each([
    [
      'share',
      ['--filter-rule', 'share'],
      (counts: OracleCounts) => oracleShareThreshold(counts.listeners, 0.03),
    ],
    ['min-listeners', ['--filter-rule', 'min-listeners', '--listeners-min', '10'], () => 10],
    [
      'smaller-of',
      [],
      (counts: OracleCounts) => Math.min(20, oracleShareThreshold(counts.listeners, 0.03)),
    ],
  ])(
    'filters by rule %s as a recount does',
    async (_rule, args, expectedThreshold) => {
      const threshold = expectedThreshold(oracle);
      const { tracksIn, usersIn } = oracleFilter(oracle, threshold, TRACKS_MIN);
      expect(await statistics(args)).toMatchObject({
        threshold,
        tracksIn: tracksIn.size,
        usersIn: usersIn.size,
      });
    },
    2 * MINUTES,
  );

  it(
    'moves only the duplicates when the file is sent a second time',
    async () => {
      const before = await statistics();
      await send();
      await installation.catchUp('none');
      const { positions: _before, prediction: _was, ...rest } = before;
      const { positions: _after, prediction: _is, ...now } = await statistics();
      expect(now).toEqual({ ...rest, duplicates: 343_183 });
    },
    4 * MINUTES,
  );

  it.each([
    [
      'a minimum of 10 unique listeners',
      [
        '--filter-rule',
        'min-listeners',
        '--listeners-min',
        '10',
        '--alpha',
        '5',
        '--lambda',
        '1',
        '--epochs',
        '6',
      ],
    ],
    [
      "the study's 3 %",
      ['--filter-rule', 'share', '--alpha', '5', '--lambda', '1', '--epochs', '6'],
    ],
  ])(
    'publishes the list of a from-scratch computation to everybody, after a retrain with %s',
    async (_what, args) => {
      await installation.retrain(args);
      await installation.catchUp('none');
      const published = await readPublished(installation.options);
      const personal = [...published.lists.values()].filter(
        ({ kind }) => kind === 'PERSONAL',
      ).length;
      expect(personal).toBeGreaterThan(500);
      expect(
        listFaults(published, oracle.plays, oracle.listeners, {
          tracksMin: TRACKS_MIN,
          every: installation.checkEvery,
        }),
      ).toEqual([]);
    },
    8 * MINUTES,
  );

  it(
    'goes back to an earlier generation and lists everybody again',
    async () => {
      await installation.segue.run('rollback', ['1']);
      await installation.catchUp('none');
      const published = await readPublished(installation.options);
      expect(published.generation).toBe(1);
      expect(
        listFaults(published, oracle.plays, oracle.listeners, { tracksMin: TRACKS_MIN, every: 8 }),
      ).toEqual([]);
    },
    4 * MINUTES,
  );
}
