/**
 * Changelogs that end in what a restore must move over: tombstones of keys nobody has, an aborted step, bare markers; in
 * front of that the gaps that compaction leaves. Then every local state is deleted, so that all is read.
 */
import { rmSync } from 'node:fs';
import type { KafkaBroker } from '../../../src/broker/kafka/kafka-broker';
import { openStep } from '../../support/kafka/kafka-harness';
import { APPLICATION, type Arena } from '../arena';
import type { Fault } from '../fault';

export const raggedChangelog: Fault = {
  name: 'changelogs with gaps that end in tombstones, an aborted step and markers',
  expected: 'restored by position, to the same state',
  async inflict(arena) {
    await Promise.all(arena.machines.map((machine) => machine.kill()));
    for (let slot = 0; slot < arena.slots; slot++) await fray(arena, slot);
    for (const machine of arena.machines) {
      rmSync(machine.slots, { recursive: true, force: true });
      machine.start();
    }
    return [];
  },
};

async function fray({ places, administration }: Arena, slot: number): Promise<void> {
  const { histories, listenerCounts, recommendations } = administration.topics;
  const records = (value: Buffer | null) =>
    [histories, listenerCounts, recommendations].map(({ name }) => ({
      topic: name,
      partition: slot,
      key: Buffer.from(`nobody ${slot}\u0000nothing`, 'utf8'),
      value,
    }));
  // All machines are down, so nobody is fenced who does not fence us in turn.
  const id = `${APPLICATION}-${slot}`;
  const writer = await places.broker.takeOver(id, APPLICATION);
  await writer.commit({ records: records(null), positions: [] });
  await writer.close();
  const step = await openStep(places.broker as KafkaBroker, id, APPLICATION);
  await step.append(records(Buffer.from('never committed', 'utf8')));
  await step.abort();
}
