import type { AlsModel } from '../../src/als/model';
import { Administration } from '../../src/app/administration';
import { retrainSettings, streamSettings } from '../../src/app/program-settings';
import { RetrainService } from '../../src/app/retrain-service';
import { requestSettings } from '../../src/app/trainers';
import { VirtualSystem } from '../../src/app/virtual-system';
import { modelTable } from '../../src/cli/model-lines';
import type { Logger } from '../../src/logger';
import { mulberry32 } from '../../src/random';
import type { GateLimits } from '../../src/training/gate';
import { ModelPublisher } from '../../streams/model/publish-model';
import type { Trainer } from '../../streams/model/trainer';
import { workerThreadsTrainer } from '../../streams/model/worker-threads-trainer';
import { toListenValue } from '../../streams/simulator/listen-value';
import { SimulatedListeners } from '../../streams/simulator/simulated-listeners';
import { ObservingMeter } from '../support/observing-meter';

const SETTINGS = {
  filterRule: 'min-listeners',
  listenersMin: '3',
  tracksMin: '5',
  factors: '12',
  alpha: '5',
  lambda: '1',
  epochs: '4',
  partitions: '2',
  trainer: 'none',
  trainerThreads: '1',
  firstModelListensMin: '1000000000',
};

/** Starts anew each time, elsewhere, as Spark does; its candidate has not seen what the one that serves has. */
const coldTrainer: Trainer = {
  name: 'cold',
  open: (options) => workerThreadsTrainer.open({ ...options, reigning: undefined, seed: 77 }),
};

/** Its factors are right, and each is another item's. */
const shufflingTrainer: Trainer = {
  name: 'shuffling',
  open: async (options) => {
    const run = await workerThreadsTrainer.open(options);
    return { ...run, candidate: async (rule) => shuffled(await run.candidate(rule)) };
  },
};

function shuffled(als: AlsModel): AlsModel {
  const random = mulberry32(1);
  const { rows, columns, values } = als.itemFactors;
  const order = Array.from({ length: rows }, (_, row) => row);
  for (let last = rows - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const mixed = new Float32Array(values.length);
  order.forEach((from, to) => {
    mixed.set(values.subarray(from * columns, (from + 1) * columns), to * columns);
  });
  return { ...als, itemFactors: { rows, columns, values: mixed } };
}

async function fixture(gate: Partial<GateLimits> = {}) {
  const meter = new ObservingMeter();
  const lines: string[] = [];
  const logger = keepingLogger(lines);
  const system = await VirtualSystem.open({ settings: SETTINGS, meter });
  const process = await system.startProcess();
  const administration = await system.run(
    Administration.open({ ...system, registry: system.registry }),
  );
  const { topics, codecs } = administration;
  const { broker, clock, settings } = system;
  let trainer: Trainer = workerThreadsTrainer;
  const own = retrainSettings(settings, 1);
  const service = new RetrainService({
    loader: process.loader,
    requests: process.requests,
    publisher: new ModelPublisher({ broker, topics, codecs, application: settings.application }),
    jobFor: (request) => ({
      ...{ trainer, broker, codecs, topics, clock },
      threshold: streamSettings(requestSettings(settings, request)).threshold,
      tracksMin: settings.tracksMin,
      settings: { ...own, gate: { ...own.gate, ...gate } },
    }),
    isTrainer: () => true,
    totalListens: () => process.figures.filter?.sums['listens'] ?? 0,
    ...{ meter, logger, clock },
  });
  const listeners = new SimulatedListeners({
    ...{ seed: 5, users: 60, tracks: 400, artists: 60, genres: 4, unreleasedShare: 0 },
    ...{ startSeconds: 1_570_000_000, listensPerSecond: 0 },
  });
  const hear = async (count: number) => {
    const codec = codecs.of(topics.listens);
    await system.send(
      Array.from({ length: count }, () => listeners.next()).map((listen) => ({
        topic: topics.listens.name,
        key: Buffer.from(listen.userId),
        value: codec.encode(toListenValue(listen)),
      })),
    );
    await system.settle(process);
  };
  const retrainBy = async (next: Trainer, carried: Record<string, string> = {}) => {
    trainer = next;
    const offset = await system.run(administration.requestRetrain(carried));
    const answer = await system.run(administration.answerTo(offset, 600_000));
    await system.settle(process);
    return answer!;
  };
  const stop = async () => {
    await system.run(service.stop());
    await system.run(process.stop());
  };
  service.start();
  return { system, process, administration, meter, lines, hear, retrainBy, stop };
}

function keepingLogger(lines: string[]): Logger {
  const keep = (line: string) => void lines.push(line);
  const logger: Logger = { debug: keep, info: keep, warn: keep, error: keep, child: () => logger };
  return logger;
}

describe('the gate', () => {
  it('refuses a candidate whose items are shuffled: figures in the log, the series and the table', async () => {
    const { system, process, administration, meter, lines, hear, retrainBy, stop } =
      await fixture();
    await hear(12_000);
    const first = await retrainBy(workerThreadsTrainer);
    expect(first.state).toBe('PROMOTED');
    expect(meter.value('segue_candidate_passed')).toBe(1);

    const refused = await retrainBy(shufflingTrainer);
    expect(refused).toMatchObject({ state: 'REJECTED', generation: 2, blocks: 0 });
    const { ndcg20, popular_ndcg20, reigning_ndcg20 } = refused.quality;
    expect(ndcg20).toBeLessThan(popular_ndcg20!);
    expect(process.loader.serving!.generation).toBe(1);

    const figures = `candidate ${ndcg20!.toFixed(4)}, popular ${popular_ndcg20!.toFixed(4)}`;
    expect(lines).toContainEqual(expect.stringMatching(`refused: worse than .*${figures}`));
    expect(meter.value('segue_candidate_passed')).toBe(0);
    expect(meter.value('segue_candidate_quality', 'ndcg20')).toBe(ndcg20);
    expect(meter.value('segue_candidate_quality', 'reigning_ndcg20')).toBe(reigning_ndcg20);
    const { manifests } = await system.run(administration.directory());
    const table = modelTable(manifests, await system.run(administration.servingSlots()));
    expect(table.find((line) => line.startsWith('2 '))).toContain(ndcg20!.toFixed(4));
    expect(table.find((line) => line.startsWith('1 '))).toMatch(/slots 0, 1$/);
    expect(table.join('\n')).toContain(figures);
    await stop();
  });

  it.each([workerThreadsTrainer, coldTrainer])(
    'lets $name retrain on unchanged data: the figure it is held against has not seen the held-out listens either',
    async (trainer) => {
      const { hear, retrainBy, stop } = await fixture();
      await hear(12_000);
      const first = await retrainBy(workerThreadsTrainer);
      const second = await retrainBy(trainer);
      const third = await retrainBy(trainer);
      expect([first, second, third].map(({ state }) => state)).toEqual(Array(3).fill('PROMOTED'));
      expect(second.quality['reigning_ndcg20']).toBe(first.quality['ndcg20']);
      expect(third.quality['reigning_ndcg20']).toBe(second.quality['ndcg20']);
      await stop();
    },
  );

  it('holds no figure of another catalogue against a candidate', async () => {
    const { hear, retrainBy, stop } = await fixture();
    await hear(12_000);
    await retrainBy(workerThreadsTrainer);
    const other = await retrainBy(workerThreadsTrainer, { 'listeners-min': '8' });
    expect(other.state).toBe('PROMOTED');
    expect(other.quality['reigning_ndcg20']).toBeUndefined();
    expect(other.note).toContain('not comparable');
    await stop();
  });

  it('shows how many lists a retrain changed: few on the same data, more after new listens', async () => {
    const { meter, hear, retrainBy, stop } = await fixture({ tolerance: 1 });
    await hear(12_000);
    const first = await retrainBy(workerThreadsTrainer);
    expect(first.quality['churn_entries20']).toBeUndefined();
    const same = await retrainBy(workerThreadsTrainer);
    await hear(6000);
    const grown = await retrainBy(workerThreadsTrainer);
    for (const { quality } of [same, grown]) {
      expect(quality['churn_compared_users']).toBeGreaterThan(20);
      expect(quality['churn_users20']).toBeGreaterThanOrEqual(quality['churn_entries20']!);
    }
    expect(same.quality['churn_entries20']).toBeLessThan(grown.quality['churn_entries20']!);
    expect(meter.value('segue_model_churn_ratio', 'entries')).toBe(
      grown.quality['churn_entries20'],
    );
    await stop();
  });
});
