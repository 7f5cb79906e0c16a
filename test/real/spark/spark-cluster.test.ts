/** The 30Music file through real Kafka, retrained by a Spark cluster of three processes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../../schemas/records';
import type { EvaluationSet } from '../../../src/evaluation/evaluation-set';
import {
  listFaults,
  type Published,
  publishedManifests,
  readPublished,
} from '../../support/acceptance/published-lists';
import { SegueCommand } from '../../support/acceptance/segue-command';
import { COLUMNS } from '../../support/acceptance/thirty-music';
import { testBrokers, unique } from '../../support/kafka/test-broker';
import { type OracleCounts, oracleCounts } from '../../support/oracle/counts';
import {
  type SparkCluster,
  startSparkCluster,
  testSparkFolder,
} from '../../support/services/spark-cluster';
import { withSharedData } from '../../support/shared-data';
import { SMALL_EXECUTORS, SMALL_SPARK } from '../../support/spark/small-spark';
import { knownListens, loadSplit, writeListens } from '../../support/spark/thirty-music-split';
import { withSpark } from '../../support/spark/with-spark';

const MINUTES = 60_000;
const TRACKS_MIN = 10;
const TRAINING = {
  ...{ 'als-rule': 'spark', factors: '32', alpha: '4', lambda: '0.4', epochs: '10' },
  ...{ 'filter-rule': 'min-listeners', 'listeners-min': '8' },
};
/** Pairs of the known part that pass the filters. */
const INTERACTIONS = 181_873;
/** No trigger may retrain beside the test. */
const RUN = [
  ...['--http-port', '0', '--first-model-listens-min', '1000000000'],
  ...['--retrain-interval-min-ms', '1d', '--tracks-min', String(TRACKS_MIN)],
];
withSpark(() =>
  withSharedData('30music-sample10', (folder) => {
    const data = mkdtempSync(join(tmpdir(), 'segue-spark-acceptance-'));
    const name = unique('spark');
    const place = {
      brokers: testBrokers().join(','),
      registry: process.env['SEGUE_TEST_REGISTRY']!,
      data,
      application: name,
      topicPrefix: `${name}-`,
    };
    const segue = new SegueCommand([
      ...['--brokers', place.brokers, '--registry', place.registry, '--data', data],
      ...['--application', name, '--topic-prefix', place.topicPrefix],
    ]);
    let cluster: SparkCluster | undefined;
    let set: EvaluationSet;
    let oracle: OracleCounts;
    let answer: Model;
    let published: Published;

    beforeAll(async () => {
      set = loadSplit(folder);
      const listens = knownListens(set);
      oracle = oracleCounts(listens);
      await segue.run('listen', [writeListens(listens, data), '--columns', COLUMNS]);
      const counted = segue.run('run', [...RUN, '--until-caught-up']);
      [cluster] = await Promise.all([startSparkCluster(), counted]);
      answer = await retrainOn(cluster.master);
      published = await readPublished(place);
    }, 15 * MINUTES);

    afterAll(async () => {
      segue.killAll();
      await cluster?.stop();
      rmSync(data, { recursive: true, force: true });
    }, MINUTES);

    /** Asks, and runs until that is answered and everybody's list is of the answer. */
    async function retrainOn(master: string): Promise<Model> {
      const asked = Object.entries(TRAINING).flatMap(([option, value]) => [`--${option}`, value]);
      const trainer = ['--trainer', 'spark', '--spark-master', master];
      await segue.run('retrain', ['--no-wait', ...asked, ...trainer]);
      const conf = [...SMALL_SPARK, ...SMALL_EXECUTORS].join(',');
      const spark = ['--spark-folder', testSparkFolder(), '--spark-conf', conf];
      const running = segue.start('run', [...RUN, ...spark, '--until-caught-up']);
      const { code, stderr } = await running.finished;
      const newest = (await publishedManifests(place)).at(-1);
      if (code === 0 && newest?.state === 'PROMOTED') return newest;
      throw new Error(`expected a promotion, got ${newest?.note}:\n${stderr}`);
    }

    it('promotes a generation that both workers had a part in', () => {
      expect(answer).toMatchObject({ generation: 1, trainer: 'spark', interactions: INTERACTIONS });
      const launches = cluster!.masterLog().matchAll(/Launching executor \S+ on worker (\S+)/g);
      expect(new Set([...launches].map(([, worker]) => worker)).size).toBe(2);
    });

    it(
      'has published to everybody the list that its factors give',
      () => {
        expect(published.generation).toBe(1);
        const personal = [...published.lists.values()].filter(({ kind }) => kind === 'PERSONAL');
        expect(personal.length).toBeGreaterThan(500);
        const limits = { tracksMin: TRACKS_MIN, every: 1 };
        expect(listFaults(published, oracle.plays, oracle.listeners, limits)).toEqual([]);
      },
      8 * MINUTES,
    );
  }),
);
