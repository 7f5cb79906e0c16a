/**
 * Somebody's step stays open on the partition that all commit records share, so that read-committed readers get no
 * further; meanwhile every machine is killed with a step committed that its disk does not have.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { openStep } from '../../support/kafka/kafka-harness';
import { APPLICATION } from '../arena';
import type { Fault } from '../fault';

const HIT_MS_MAX = 60_000;
const OPEN_MS = 4000;

export const hiddenCommitRecords: Fault = {
  name: 'commit records behind an open step',
  expected: 'slots wait until it is decided, and go on where they were',
  async inflict({ machines, places, administration }) {
    const step = await openStep(places.broker as KafkaBroker, 'stranger', APPLICATION);
    const record = { partition: 0, key: Buffer.from('stranger'), value: Buffer.from('never') };
    await step.append([{ topic: administration.topics.progress.name, ...record }]);
    await Promise.all(
      machines.map(async (machine) => {
        await machine.kill();
        machine.start('before-local-batch');
        if (!(await machine.untilEnded(HIT_MS_MAX))) await machine.kill();
        machine.start();
      }),
    );
    await pause(OPEN_MS);
    await step.abort();
    return [];
  },
};
