import type { SparkCommandName, SparkTable } from '../../../src/training/spark/spark-commands';
import type { SparkSession } from '../../../src/training/spark/spark-job';
import { sparkTrainer } from '../../../streams/model/spark-trainer';
import type { TrainerOptions } from '../../../streams/model/trainer';
import { ModelTopics } from '../../support/model-topics';

const EARLIER = { type: 'record', name: 'Earlier', fields: [] };
const BEGUN = { version: '1', master: 'local', applicationId: 'a' };

/** Opens a run on a driver that meets these schema ids in the counts, one answer after the other. */
async function openMeeting(...met: readonly (readonly number[])[]) {
  const models = await ModelTopics.open();
  const asked: SparkTable[] = [];
  const done: string[] = [];
  const session: SparkSession = {
    ask: async (name: SparkCommandName, given: unknown) => {
      if (name === 'open') return BEGUN as never;
      if (name !== 'read_counts') throw new Error(`came as far as ${name}`);
      asked.push((given as { table: SparkTable }).table);
      return { unknownSchemas: met[asked.length - 1] ?? [], histogram: [] } as never;
    },
    end: async () => void done.push('ended'),
  };
  const trainer = sparkTrainer({
    start: async () => session,
    workFolder: () => ({ path: '/none', remove: () => void done.push('removed') }),
    ...{ scratch: undefined, submit: [], kafka: {}, blocks: 0 },
    schemaOf: async (id) => (id === 7 ? EARLIER : undefined),
  });
  const { topics, codecs, system } = models;
  const options = {
    ...{ topics, codecs, broker: system.broker, tracksMin: 1 },
    threshold: { kind: 'min-listeners', topShare: 0.03, listenersMin: 1 },
  } as unknown as TrainerOptions;
  const failure = await system.run(trainer.open(options)).catch((error: Error) => error);
  return { asked, done, failure: failure as Error & { code?: string } };
}

describe('tables that Spark is to read', () => {
  it('are asked for again with the schemas of earlier values', async () => {
    const { asked, failure } = await openMeeting([7]);
    expect(asked).toHaveLength(2);
    expect(Object.keys(asked[1]!.schemas)).toHaveLength(2);
    expect(asked[1]!.schemas[7]).toEqual(EARLIER);
    expect(failure.message).toBe('came as far as read_histories');
  });

  it.each([
    ['no registry value', [[-1]], 'in no registry format'],
    ['under an id that nobody knows', [[8]], 'schema id 8'],
    ['under an id that was given already', [[7], [7]], 'schema id 7'],
  ])('end the run where a value is %s, and its driver', async (_what, met, said) => {
    const { done, failure } = await openMeeting(...met);
    expect(failure.code).toBe('SPARK_JOB_FAILED');
    expect(failure.message).toContain(said);
    expect(done).toEqual(['ended', 'removed']);
  });
});
