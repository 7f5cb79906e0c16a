/** The Spark profile of docker-compose.yml as plain processes: its trainer, its cluster, a hand-over of what they train. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Model } from '../../../schemas/records';
import { Administration } from '../../../src/app/administration';
import { connect, type Places } from '../../../src/app/connect';
import { systemClock } from '../../../src/clock';
import { readSettings } from '../../../src/config';
import { noLogger } from '../../../src/logger';
import { ComposeStack } from '../../support/compose/compose-stack';
import { SMALL_EXECUTORS, SMALL_SPARK } from '../../support/spark/small-spark';
import { withSpark } from '../../support/spark/with-spark';

const MINUTE = 60_000;

/** What a person would write into `.env`. */
const SETTINGS = {
  SEGUE_TRAINER: 'spark',
  SEGUE_FACTORS: '16',
  SEGUE_EPOCHS: '3',
  SEGUE_SPARK_CONF: [...SMALL_SPARK, ...SMALL_EXECUTORS].join(','),
} as const;

withSpark(() => {
  let stack: ComposeStack;
  let places: Places;
  let administration: Administration;

  beforeAll(async () => {
    stack = await ComposeStack.start({
      profiles: ['demo', 'spark'],
      without: ['grafana', 'prometheus'],
      env: SETTINGS,
    });
    const brokers = stack.address('kafka-1', 9094);
    const registry = `http://${stack.address('registry-1', 8080)}/apis/ccompat/v7`;
    const settings = readSettings({ brokers, registry }, {});
    places = await connect(settings, noLogger);
    administration = await Administration.open({ ...places, settings, clock: systemClock });
  }, 6 * MINUTE);

  afterAll(async () => {
    await places?.close();
    await stack?.stop();
  }, MINUTE);

  it(
    'trains on its cluster what the listeners ask for, and every slot serves it',
    async () => {
      const answer = await administration.answerTo(0, 8 * MINUTE);
      expect({ log: stack.process('trainer-1').outputTail(), answer }).toMatchObject({
        answer: { state: 'PROMOTED', trainer: 'spark' } satisfies Partial<Model>,
      });
      const { partitions } = readSettings({}, {});
      const served = async () =>
        (await administration.servingSlots()).get(answer!.generation)?.length;
      while ((await served()) !== partitions) await pause(500);
      expect(stack.process('spark-worker-1').outputTail()).toMatch(/executor/i);
    },
    10 * MINUTE,
  );
});
