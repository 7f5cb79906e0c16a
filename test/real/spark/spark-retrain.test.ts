/**
 * A retrain on Spark over tables that are hard to read, on a broker that wants TLS and a login; and one that is killed
 * at three points.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Model } from '../../../schemas/records';
import { FoldIn } from '../../../src/als/fold-in';
import { computeGramian } from '../../../src/als/gramian';
import type { SparseRows } from '../../../src/als/model';
import { javaKafkaSettings } from '../../../src/app/java-kafka-settings';
import { sparkSubmitOptions } from '../../../src/app/spark-submit-options';
import { trainerOf } from '../../../src/app/trainers';
import { systemClock } from '../../../src/clock';
import { readSettings, type Settings } from '../../../src/config';
import { noLogger } from '../../../src/logger';
import { mulberry32 } from '../../../src/random';
import type { SchemaRegistry } from '../../../src/schema-registry/schema-registry';
import { type SparkEnvironment, sparkSources } from '../../../src/training/spark/spark-environment';
import { SparkJob } from '../../../src/training/spark/spark-job';
import { allInteractions, type Holdout, splitByTime } from '../../../src/training/training-data';
import { bytesToDoubles } from '../../../streams/model/model-codec';
import { takeSnapshot } from '../../../streams/model/snapshot';
import { sparkTrainer } from '../../../streams/model/spark-trainer';
import type { Trainer, TrainingSet } from '../../../streams/model/trainer';
import { liveKeys } from '../../../streams/tables';
import { relativeDifference } from '../../support/dense-als';
import { CLEANING_SETTINGS } from '../../support/kafka/kafka-harness';
import { unique } from '../../support/kafka/test-broker';
import { type SecuredKafka, startSecuredKafka } from '../../support/services/secured-kafka';
import { testSpark, testSparkFolder } from '../../support/services/spark-cluster';
import { RetrainStage } from '../../support/spark/retrain-stage';
import { SMALL_SPARK } from '../../support/spark/small-spark';
import { withSpark } from '../../support/spark/with-spark';
import { earlierHistories, writeTables } from '../../support/spark/written-tables';

const MINUTES = 60_000;
const SEED = 5;
const USER = 'listener';
const PASSWORD = 'correct-horse-battery';
/** So few that nothing is judged. */
const UNJUDGED = { 'holdout-share': '0.001' };
const SPLIT = { holdoutShare: 0.2, itemsMin: 3, usersMax: 50 };

/** When what is killed. */
type Kill = readonly [point: 'reading' | 'fitting' | 'writing', victim: 'driver' | 'jvm'];
const KILLS: readonly Kill[] = [
  ['reading', 'driver'],
  ['fitting', 'jvm'],
  ['writing', 'driver'],
];

/** What the other trainer would have read. */
interface Seen {
  readonly set: TrainingSet;
  readonly holdout: Holdout;
}

withSpark(() => {
  const name = unique('retrain');
  const data = mkdtempSync(join(tmpdir(), 'segue-retrain-'));
  let environment: SparkEnvironment;
  let secured: SecuredKafka;
  let settings: Settings;
  let stage: RetrainStage;
  let kill: Kill | undefined;
  let seen: Seen | undefined;
  const killedJvms: number[] = [];

  beforeAll(async () => {
    [environment, secured] = await Promise.all([testSpark(), startSecuredKafka(USER, PASSWORD)]);
    settings = readSettings(
      {
        ...{ brokers: secured.address, ssl: true, sslCaFile: secured.certificateFile },
        ...{ saslMechanism: 'plain', saslUsername: USER },
        ...{ registry: process.env['SEGUE_TEST_REGISTRY'], data, partitions: '2' },
        ...{ application: name, topicPrefix: `${name}-` },
        ...{ filterRule: 'min-listeners', listenersMin: '4', tracksMin: '3' },
        ...{ alsRule: 'spark', factors: '8', alpha: '3', lambda: '0.1', epochs: '3' },
        ...{ sparkMaster: 'local[2]', sparkFolder: testSparkFolder() },
        ...{ sparkConf: SMALL_SPARK.join(',') },
      },
      { SEGUE_SASL_PASSWORD: PASSWORD },
    );
    stage = await RetrainStage.open({
      settings,
      trainerFor: (own, { broker, registry }) => {
        if (kill !== undefined) return killedTrainer(registry, kill);
        return watched(
          trainerOf(own, settings, { broker, registry, clock: systemClock, logger: noLogger }),
        );
      },
    });
    await writeTables({
      ...{ administration: stage.administration, broker: stage.administration.broker as never },
      random: mulberry32(SEED),
      earlier: await earlierHistories(stage.places.registry, stage.administration.topics.histories),
      cleaning: { address: secured.service.address, settings: CLEANING_SETTINGS },
    });
  }, 10 * MINUTES);

  afterAll(async () => {
    await stage?.close();
    await secured?.stop();
    rmSync(data, { recursive: true, force: true });
  }, MINUTES);

  /** One that is ended with SIGKILL at the point. */
  function killedTrainer(registry: SchemaRegistry, [point, victim]: Kill): Trainer {
    return sparkTrainer({
      start: async ({ signal }) => {
        const script = join(__dirname, '..', '..', 'support', 'spark', 'stopping_job.py');
        const job: SparkJob = new SparkJob({
          ...{ environment, signal, script: [script, sparkSources(), point] },
          onProgress: (progress) => {
            const { jvm } = progress as { jvm?: number };
            if (jvm === undefined) return;
            killedJvms.push(jvm);
            process.kill(victim === 'jvm' ? jvm : job.pid!, 'SIGKILL');
          },
        });
        return job;
      },
      workFolder: () => {
        const path = mkdtempSync(join(data, 'work-'));
        return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
      },
      scratch: undefined,
      submit: sparkSubmitOptions(settings, environment.jars),
      kafka: javaKafkaSettings(settings),
      blocks: 2,
      schemaOf: (id) => registry.schemaOf(id),
    });
  }

  /** Looks at a run's snapshot, and splits it once more in a way that has users to compare. */
  function watched(trainer: Trainer): Trainer {
    return {
      name: trainer.name,
      open: async (options) => {
        const run = await trainer.open(options);
        seen ??= { set: run.set, holdout: await run.split(SPLIT) };
        return run;
      },
    };
  }

  /** Generations that were promoted, in order. */
  async function answered(): Promise<Model[]> {
    const { manifests } = await stage.administration.directory();
    return manifests.filter(({ state }) => state !== 'FAILED');
  }

  async function blockKeys(): Promise<string[]> {
    return liveKeys(stage.administration, stage.administration.topics.itemFactors.name);
  }

  it.each(KILLS)(
    'killed while %s (the %s), it leaves nothing that serves',
    async (...one) => {
      kill = one;
      const answer = await stage.retrain();
      kill = undefined;
      expect(answer).toMatchObject({ state: 'FAILED', blocks: 0 });
      expect(answer.note).toContain('expected the Spark driver to answer');
      expect((await stage.administration.directory()).promoted).toBeUndefined();
      expect(stage.loader.serving).toBeUndefined();
      await untilGone(killedJvms.at(-1)!);
    },
    6 * MINUTES,
  );

  it('had written half of its blocks when it was killed while writing', async () => {
    const numbers = (await blockKeys()).map((key) => Number(key.split('/').at(-1)));
    expect(numbers.length).toBeGreaterThan(2);
    expect(numbers.every((number) => number % 2 === 0)).toBe(true);
  });

  it(
    'answers the next request; two that come meanwhile are answered as one',
    async () => {
      const first = await stage.administration.requestRetrain({ trainer: 'spark', ...UNJUDGED });
      await until(() => seen !== undefined);
      const others = { trainer: 'worker-threads', ...UNJUDGED };
      await stage.administration.requestRetrain(others);
      const last = await stage.administration.requestRetrain(others);
      await stage.answerTo(last);
      const found = await answered();
      expect(
        found.map(({ state, trainer, request_offset }) => [state, trainer, request_offset]),
      ).toEqual([
        ['SUPERSEDED', 'spark', first],
        ['PROMOTED', 'worker-threads', last],
      ]);
      await until(() => stage.loader.serving?.generation === found[1]!.generation);
      const kept = new Set(found.map(({ attempt }) => attempt));
      expect(new Set((await blockKeys()).map((key) => key.split('/')[1]))).toEqual(kept);
    },
    6 * MINUTES,
  );

  it('has read the tables as the other trainer reads them', async () => {
    const { set, holdout } = seen!;
    const snapshot = await takeSnapshot(stage.trainerOptions);
    const { data: all, tracks, threshold, usersIn, positions } = snapshot;
    expect(tracks.length).toBeGreaterThan(100);
    expect(set).toEqual({
      ...{ tracks, threshold, usersIn, positions },
      ...{ interactions: all.pairs.users.length, plays: all.plays },
      newestSeconds: all.newestSeconds,
    });
    const { known, targets, splitSeconds, itemUsers } = splitByTime(all, SPLIT);
    expect(targets.length).toBe(SPLIT.usersMax);
    expect(holdout.splitSeconds).toBe(splitSeconds);
    expect([...holdout.itemUsers]).toEqual([...itemUsers]);
    expect(holdout.targets.map(({ items }) => [...items])).toEqual(
      targets.map(({ items }) => [...items]),
    );
    expect(targets.map((_, place) => rowOf(holdout.known, place))).toEqual(
      targets.map(({ user }) => rowOf(known, user)),
    );
  });

  it("has sent the Gramian of the users' factors along", async () => {
    const [manifest] = await answered();
    const { als } = await stage.administration.model(manifest!.generation);
    const interactions = allInteractions((await takeSnapshot(stage.trainerOptions)).data);
    const foldIn = new FoldIn(als);
    const { rows } = interactions;
    const values = new Float32Array(rows * als.rule.factorCount);
    for (let user = 0; user < rows; user++) {
      const [items, plays] = rowOf(interactions, user);
      const own = foldIn.solve(Int32Array.from(items), Float32Array.from(plays));
      values.set(own, user * als.rule.factorCount);
    }
    const gramian = computeGramian({ rows, columns: als.rule.factorCount, values });
    expect(relativeDifference(bytesToDoubles(manifest!.user_gramian), gramian)).toBeLessThan(1e-6);
  });
});

/** Items and plays. */
function rowOf({ starts, indices, values }: SparseRows, row: number): [number[], number[]] {
  const [from, to] = [starts[row]!, starts[row + 1]!];
  return [[...indices.subarray(from, to)], [...values.subarray(from, to)]];
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 5 * MINUTES;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error('waited for five minutes');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function untilGone(pid: number): Promise<void> {
  return until(() => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
}
