/**
 * Damage that an application must not go on from by itself: done to a small one of its own on the same brokers, which has
 * to stop with a clear message, lose nothing in silence, and go on when somebody has decided.
 */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Stage } from '../../bench/stage';
import { deleteRecordsBefore } from '../../support/kafka/kafka-harness';
import { stockClient } from '../../support/kafka/stock-client';
import type { Arena } from '../arena';
import { type Fault, unlessSaid } from '../fault';
import { Machine } from '../machine';

const WORLD = { users: 50, tracks: 500, artists: 50 } as const;
const LISTENS = 400;
const MS_MAX = 90_000;

class OwnApplication {
  static #number = 0;

  private constructor(
    readonly name: string,
    readonly stage: Stage,
    readonly machine: Machine,
  ) {}

  /** Runs a new application, with some listens counted; ends it at the end, whatever happens. */
  static async with(
    arena: Arena,
    use: (application: OwnApplication) => Promise<readonly string[]>,
  ): Promise<readonly string[]> {
    OwnApplication.#number += 1;
    const name = `own-${OwnApplication.#number}`;
    const data = join(arena.directory, name);
    const stage = await Stage.open({ brokers: arena.kafka.address, data, application: name });
    const [, ...args] = stage.runArguments(['--trainer', 'none']);
    const machine = new Machine({ name, directory: arena.directory, args, onHit: () => undefined });
    try {
      await stage.sendPast(LISTENS, WORLD);
      machine.start();
      const application = new OwnApplication(name, stage, machine);
      if (!(await application.untilProcessed())) return [`${name} did not process its listens`];
      return await use(application);
    } finally {
      await machine.kill();
      await stage.close();
    }
  }

  /** All of `partitions`, or of every one. */
  async untilProcessed(partitions?: readonly number[]): Promise<boolean> {
    const { broker } = this.stage.places;
    const topic = this.stage.listensTopic;
    return within(async () => {
      const ends = (await broker.ranges(topic)).filter(
        ({ partition }) => partitions?.includes(partition) ?? true,
      );
      const committed = await broker.committed(
        this.name,
        ends.map(({ partition }) => ({ topic, partition })),
      );
      return ends.every(
        ({ partition, end }) =>
          (committed.find((one) => one.partition === partition)?.offset ?? 0) >= end,
      );
    });
  }

  untilSaid(words: RegExp): Promise<boolean> {
    return within(async () => words.test(this.machine.said()));
  }
}

async function within(isSo: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + MS_MAX;
  while (Date.now() < deadline) {
    if (await isSo()) return true;
    await pause(200);
  }
  return false;
}

const OUT_OF_RANGE = /slot 0 stops: .*wanted offset \d+ of .*records were lost/;

export const offsetsOutOfRange: Fault = {
  name: 'offsets out of range',
  expected: 'the slot stops with both values, the others go on; it goes on where somebody sets it',
  inflict: (arena) =>
    OwnApplication.with(arena, async (application) => {
      const { machine, name, stage } = application;
      const { broker } = stage.places;
      await machine.stop();
      await stage.sendPast(LISTENS, WORLD);
      const topic = stage.listensTopic;
      const { end } = (await broker.ranges(topic)).find(({ partition }) => partition === 0)!;
      await deleteRecordsBefore(arena.kafka.address, { topic, partition: 0, offset: end - 1 });
      machine.start();
      await application.untilSaid(OUT_OF_RANGE);
      const problems = [...unlessSaid(OUT_OF_RANGE, [machine.said()])];
      if (!(await application.untilProcessed([1, 2, 3]))) problems.push('other slots stood still');
      await machine.stop();
      const writer = await broker.takeOver('somebody', name);
      await writer.commit({ records: [], positions: [{ topic, partition: 0, offset: end - 1 }] });
      await writer.close();
      machine.start();
      if (!(await application.untilProcessed())) problems.push('did not go on where it was set');
      return problems;
    }),
};

const PARTITIONS_DIFFER = /expected 4 partitions, but it has 8 now/;

export const partitionsChanged: Fault = {
  name: 'partitions added under a running application',
  expected: 'every slot stops with both numbers, and the process ends',
  inflict: (arena) =>
    OwnApplication.with(arena, async (application) => {
      const { machine, stage } = application;
      const admin = stockClient(arena.kafka.addresses).admin();
      await admin.connect();
      await admin.createPartitions({
        topicPartitions: [{ topic: stage.listensTopic, count: 8 }],
      });
      await admin.disconnect();
      await application.untilSaid(PARTITIONS_DIFFER);
      return unlessSaid(PARTITIONS_DIFFER, [machine.said()]);
    }),
};
