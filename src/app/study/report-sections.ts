/** The parts of a report about what was read, and about the study as a whole. */
import type { TableRow } from '../../../schemas/records';
import { tailOf, tails } from '../../study/report/chart-specs';
import { type Block, heading, list, paragraph, shown, table } from '../../study/report/document';
import { drawChart } from '../../study/report/draw-chart';
import type { PartFigures } from '../../study/study-split';
import { findings, SPLIT_TITLES } from './findings';
import type { StudyReport } from './report-data';

const EXAMPLES_MAX = 20;

export function summarySection({ splits, preprocess }: StudyReport): Block[] {
  const { listens, users, tracks } = preprocess;
  return [
    heading(1, 'Music recommendations: the offline study'),
    paragraph(
      `${shown(listens)} listens of ${shown(users)} users and ${shown(tracks)} tracks, through the same processors as ` +
        'live listens. Every model is chosen on a validation part inside the training part and judged once, on what ' +
        'was held out, by one set of metrics; known tracks are left out of lists unless said.',
    ),
    heading(2, 'What came out'),
    ...splits.flatMap((split) => [heading(3, SPLIT_TITLES[split.name]), list(findings(split))]),
  ];
}

export async function dataSection(report: StudyReport): Promise<Block[]> {
  const { preprocess, splits } = report;
  const { imputation } = preprocess;
  return [
    heading(2, 'The data'),
    table(
      'What was read',
      ['file', 'listens', 'refused', 'reasons'],
      preprocess.files.map(({ file, sent, refused, refusedByReason }) => [
        file.split('/').at(-1)!,
        sent,
        refused,
        Object.entries(refusedByReason)
          .map(([reason, count]) => `${reason} ${count}`)
          .join(', '),
      ]),
    ),
    ...refusals(preprocess.files),
    list([
      `Ids of tracks: ${shown(imputation.mbid)} listens by recording_mbid (of the listen, or found by the mapping), ` +
        `${shown(imputation.msid)} by recording_msid or another catalogue's id, ${shown(imputation.names)} by names.`,
      'Kept of a listen: user, track, time; of a track: artist and title. Left out: release, client, further ids, duration, user names.',
      `Duplicates (same user, track and second): ${shown(preprocess.duplicates)}; deletions: ${shown(preprocess.deletions)}; ` +
        `dead letters: ${
          Object.entries(preprocess.deadLetters)
            .map(([reason, count]) => `${reason} ${count}`)
            .join(', ') || 'none'
        }.`,
      `Filter on everything: a track is in with ${preprocess.threshold} unique listeners (rule ${preprocess.thresholdRule}), ` +
        `${shown(preprocess.tracksIn)} of ${shown(preprocess.tracks)} tracks are.`,
    ]),
    ...tables(report),
    table(
      'What the filter of each split kept, and what it dropped',
      ['split', 'threshold', 'users', 'kept', 'tracks', 'kept', 'pairs', 'kept', 'dropped for'],
      splits.map(({ name, test }) => [
        name,
        test.itemUsersMin,
        test.before.users,
        test.after.users,
        test.before.items,
        test.after.items,
        test.before.pairs,
        test.after.pairs,
        `tracks: fewer than ${test.itemUsersMin} listeners; users: fewer than ${report.settings.userItemsMin} kept tracks`,
      ]),
    ),
    ...(await distributions(splits[0]!.test)),
  ];
}

/** The first of what could not be used, and where it stands. */
function refusals(files: StudyReport['preprocess']['files']): Block[] {
  const examples = files.flatMap(({ file, examples: own }) =>
    own.map(({ member, line, reason, detail }) => {
      const place = [file.split('/').at(-1)!, ...(member === undefined ? [] : [member])];
      return `${place.join(', ')}, line ${line}: ${reason} (${detail})`;
    }),
  );
  if (examples.length === 0) return [];
  return [
    paragraph('Of what was refused, the first of each file:'),
    list(examples.slice(0, EXAMPLES_MAX)),
  ];
}

const rangeOf = ({ from, to }: Pick<TableRow, 'from' | 'to'>) =>
  to === null ? `≥ ${from}` : `${from} – ${to - 1}`;

function tables({ preprocess, splits }: StudyReport): Block[] {
  const rows = (
    bins: readonly TableRow[],
    histogram: (part: PartFigures) => PartFigures['usersPerItem'],
  ) =>
    bins.map((bin) => [
      rangeOf(bin),
      bin.count,
      ...splits.flatMap(({ test }) => [
        countIn(histogram(test.before), bin),
        countIn(histogram(test.after), bin),
      ]),
    ]);
  const columns = splits.flatMap(({ name }) => [`${name}, before`, `${name}, after`]);
  return [
    table(
      'Table 1: tracks by unique listeners, of everything that was read, and of the part that each filter was learnt on, before it and after it',
      ['unique listeners', 'everything', ...columns],
      rows(preprocess.table1, ({ usersPerItem }) => usersPerItem),
    ),
    table(
      'Table 2: users by unique tracks, in the same way',
      ['unique tracks', 'everything', ...columns],
      rows(preprocess.table2, ({ itemsPerUser }) => itemsPerUser),
    ),
  ];
}

function countIn(
  histogram: readonly (readonly [number, number])[],
  { from, to }: Pick<TableRow, 'from' | 'to'>,
): number {
  return histogram
    .filter(([value]) => value >= from && (to === null || value < to))
    .reduce((sum, [, things]) => sum + things, 0);
}

async function distributions(test: StudyReport['splits'][number]['test']): Promise<Block[]> {
  const { before, after } = test;
  return [
    await drawChart(
      'tracks-by-listeners',
      'How many tracks of the training part have at least so many unique listeners, before the filter and after it.',
      tails([...tailOf('before', before.usersPerItem), ...tailOf('after', after.usersPerItem)], {
        x: 'unique listeners',
        y: 'tracks with at least so many',
      }),
    ),
    await drawChart(
      'users-by-tracks',
      'How many users of the training part have at least so many tracks, before the filter and after it.',
      tails([...tailOf('before', before.itemsPerUser), ...tailOf('after', after.itemsPerUser)], {
        x: 'unique tracks',
        y: 'users with at least so many',
      }),
    ),
  ];
}

export function makingSection({ made, settings, filter }: StudyReport): Block[] {
  return [
    heading(2, 'How this was made'),
    { kind: 'code', text: made.command },
    list([
      `${made.program}, ${made.node}, ${made.machine}, ${made.threads} threads; ${made.at}.`,
      `Seed ${settings.seed} of splits, starts, samples and intervals. ALS and item models repeat to the last digit on ` +
        'any machine; LightFM on more than one thread runs without locks, as the Python package does, and differs a little from run to run.',
      `Chosen by meanAveragePrecisionAt(100) on ${settings.tuningUsersMax} validation users at most; AUC over the whole catalogue of ` +
        `${settings.aucUsersMax} users at most; intervals: 95 %, ${settings.bootstrapSamples} bootstrap samples of the users.`,
    ]),
    table(
      'Steps of this run',
      ['step', 'seconds', ''],
      made.steps.map(({ step, seconds, wasCached }) => [
        step,
        Math.round(seconds * 10) / 10,
        wasCached ? 'kept from before' : '',
      ]),
    ),
    { kind: 'code', text: settingsText({ ...settings, filter }) },
  ];
}

/** JSON with one setting a line. */
function settingsText(settings: object): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `  ${JSON.stringify(name)}: ${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}
