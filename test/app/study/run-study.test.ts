import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { collectReport, type StudyReport } from '../../../src/app/study/report-data';
import {
  type DoneStep,
  runStudy,
  STEP_NAMES,
  type StudyRun,
} from '../../../src/app/study/run-study';
import { writeReport } from '../../../src/app/study/write-report';
import { systemClock } from '../../../src/clock';
import { noLogger } from '../../../src/logger';
import { DEFAULT_STUDY } from '../../../src/study/study-settings';
import { toListenValue } from '../../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../../streams/simulator/simulated-listeners';

jest.setTimeout(600_000);

let folder: string;
let file: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'segue-study-'));
  file = join(folder, 'listens.jsonl');
  const listeners = new SimulatedListeners({
    seed: 5,
    users: 150,
    tracks: 500,
    artists: 60,
    genres: 4,
    startSeconds: 1_600_000_000,
    unreleasedShare: 0,
  });
  const lines = Array.from({ length: 20_000 }, () => {
    const listen = listeners.next();
    const { artist_name, track_name, recording_mbid, recording_msid } = toListenValue(listen);
    return JSON.stringify({
      user_name: listen.userId,
      timestamp: listen.listenedAt,
      recording_msid,
      track_metadata: { artist_name, track_name, additional_info: { recording_mbid } },
    });
  });
  lines.splice(40, 0, '{"user_name": "x"');
  writeFileSync(file, lines.join('\n'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const SETTINGS = {
  ...DEFAULT_STUDY,
  betas: [0, 100],
  als: {
    ...DEFAULT_STUDY.als,
    factors: [8, 16],
    alphas: [1, 10],
    lambdas: [0.1],
    epochsMax: 6,
    warmEpochsMax: 4,
  },
  lightFmComponents: 8,
  lightFmEpochsMax: 10,
  tuningUsersMax: 60,
  aucUsersMax: 40,
  bootstrapSamples: 100,
  growthShares: [0.5, 1],
};

function studyRun(given: Partial<StudyRun> = {}): { steps: DoneStep[]; run: StudyRun } {
  const steps: DoneStep[] = [];
  const run: StudyRun = {
    input: { files: [file] },
    out: join(folder, 'out'),
    steps: STEP_NAMES,
    isFresh: false,
    settings: SETTINGS,
    filter: { filterRule: 'min-listeners', topShare: 0.03, listenersMin: 5, tracksMin: 10 },
    threads: 1,
    clock: systemClock,
    logger: noLogger,
    onReading: () => undefined,
    onProgress: () => undefined,
    onStep: (step) => steps.push(step),
    ...given,
  };
  return { steps, run };
}

async function report({ steps, run }: ReturnType<typeof studyRun>): Promise<StudyReport> {
  const made = { settings: run.settings, filter: run.filter, threads: run.threads, steps };
  return collectReport(await runStudy(run), { ...made, command: 'segue study', nowMs: 0 });
}

describe('a study', () => {
  it('goes from listens to a report, in which what has to win wins', async () => {
    const first = studyRun();
    const made = await report(first);
    expect(made.splits.map(({ name }) => name)).toEqual(['pairs', 'time']);
    const [pairs] = made.splits;
    const { models } = pairs!.evaluation;
    const best = (family: string) =>
      models
        .filter((model) => model.family === family)
        .map(({ figures }) => figures['warm.masked']!.metrics)
        .sort((a, b) => b['NDCG@100']!.mean - a['NDCG@100']!.mean)[0]!;
    for (const metric of ['NDCG@10', 'NDCG@20', 'NDCG@100', 'Recall@100'])
      expect(best('als')[metric]!.mean).toBeGreaterThan(best('popularity')[metric]!.mean);
    expect(best('lightfm')['AUC']!.mean).toBeGreaterThan(0.6);
    expect(models.map(({ family }) => family)).toContain('yardstick');
    expect(models.map(({ id }) => id)).toContain('lightfm-artists');
    const { low, mean, high } = best('als')['meanAveragePrecisionAt(100)']!;
    expect(low).toBeLessThan(mean);
    expect(mean).toBeLessThan(high);
    const [training] = pairs!.aucCauses!.right;
    const [, , orderTraining, orderHeldOut] = pairs!.aucCauses!.mistakes;
    expect(training!.auc).toBeGreaterThan(0.6);
    expect(orderTraining!.auc).toBeGreaterThan(orderHeldOut!.auc + 0.1);
    expect(pairs!.growth!.map(({ users }) => users)).toEqual(
      expect.arrayContaining([pairs!.test.after.users]),
    );

    const files = await writeReport(first.run.out, made);
    const [html, markdown] = [files.html, files.markdown].map((path) => readFileSync(path, 'utf8'));
    expect(JSON.parse(readFileSync(files.json, 'utf8'))).toEqual(JSON.parse(JSON.stringify(made)));
    for (const text of [html!, markdown!]) {
      expect(text).not.toMatch(/NaN|undefined|\[object/);
      expect(text).toMatch(
        /ALS beats the best popularity list .* by every metric at every cut-off/,
      );
      expect(text).toMatch(/ALS beats the list of what is popular of late/);
      expect(text).toContain("Why the study's AUC was below one half");
      expect(text).toContain('listens.jsonl, line 41: NOT_JSON');
    }
    expect(html).not.toMatch(/<(script|link|img)\b/);
    const charts = [...markdown!.matchAll(/\]\((charts\/[^)]+\.svg)\)/g)].map((match) => match[1]!);
    expect(charts.length).toBe(html!.match(/<svg/g)!.length);
    for (const chart of charts) expect(existsSync(join(first.run.out, chart))).toBe(true);

    const again = studyRun();
    const repeated = await report(again);
    expect(again.steps.every(({ wasCached }) => wasCached)).toBe(true);
    expect(repeated.splits).toEqual(made.splits);

    const only = studyRun({ steps: ['baseline'], isFresh: true });
    await runStudy(only.run);
    expect(only.steps.map(({ step, wasCached }) => [step, wasCached])).toEqual([
      ['preprocess', true],
      ['split pairs', true],
      ['baseline pairs', false],
      ['split time', true],
      ['baseline time', false],
    ]);
  });

  it('says what is left where the filter leaves nothing, and which file is not there', async () => {
    const { run } = studyRun({ steps: ['split'] });
    const strict = { ...run, filter: { ...run.filter, listenersMin: 100_000 } };
    await expect(runStudy(strict)).rejects.toMatchObject({
      code: 'TRAINING_IMPOSSIBLE',
      message: expect.stringContaining('0 tracks with at least 100000 listeners are left'),
    });
    await expect(runStudy({ ...run, input: { files: ['nowhere.tar'] } })).rejects.toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringContaining('nowhere.tar'),
    });
  });
});
