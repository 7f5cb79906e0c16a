/**
 * Commits whose answer is lost because the broker stops or dies in the middle. Whatever the writer was told, the
 * take-over decides: the position is committed, or it is not, and the records agree with it.
 */
import type { Position, TransactionalWriter } from '../../../src/broker/broker';
import { sleep, systemClock } from '../../../src/clock';
import { hasCode } from '../../../src/errors';
import { readToEnd, record, step, valuesOf } from '../../contract/broker-harness';
import { KafkaHarness } from '../../support/kafka/kafka-harness';
import { unique } from '../../support/kafka/test-broker';

let harness: KafkaHarness;

beforeAll(async () => {
  harness = await KafkaHarness.start({
    commitMsMax: 700,
    requestTimeoutMs: 2000,
    connectionTimeoutMs: 1000,
  });
});

afterAll(() => harness.stop());

interface Slot {
  readonly topic: string;
  readonly group: string;
  readonly id: string;
}

async function newSlot(): Promise<Slot> {
  const slot = { topic: unique('topic'), group: unique('group'), id: unique('slot') };
  await harness.broker.createTopics([{ name: slot.topic, partitions: 1, cleanup: 'delete' }]);
  return slot;
}

const positionAt = ({ topic }: Slot, offset: number): Position => ({ topic, partition: 0, offset });

/** Takes over and answers how many steps are committed. */
async function decide({ topic, group, id }: Slot): Promise<readonly [TransactionalWriter, number]> {
  const writer = await harness.broker.takeOver(id, group);
  const [position] = await harness.broker.committed(group, [{ topic, partition: 0 }]);
  return [writer, position?.offset ?? 0];
}

type Told = 'committed' | 'in doubt';

async function commitOne(writer: TransactionalWriter, slot: Slot, number: number): Promise<Told> {
  const { topic } = slot;
  const committing = writer.commit(
    step([record(topic, 'k', `${number}`)], [positionAt(slot, number + 1)]),
  );
  try {
    await committing;
    return 'committed';
  } catch (error) {
    if (!hasCode(error, 'BROKER_COMMIT_IN_DOUBT')) throw error;
    return 'in doubt';
  }
}

const range = (end: number): string[] => Array.from({ length: end }, (_, i) => `${i}`);

test('a broker that stops answering leaves a commit in doubt, and a take-over decides it', async () => {
  const slot = await newSlot();
  let [writer, steps] = await decide(slot);
  const told: Told[] = [];
  for (const delayMs of [0, 1, 3]) {
    const committing = commitOne(writer, slot, steps);
    await sleep(systemClock, delayMs);
    await harness.service.kill('SIGSTOP');
    const answer = await committing;
    await harness.service.kill('SIGCONT');
    told.push(answer);
    await writer.close();
    const before = steps;
    [writer, steps] = await decide(slot);
    // A commit that was acknowledged is never lost; one in doubt went one way or the other.
    if (answer === 'committed') expect(steps).toBe(before + 1);
    else expect([before, before + 1]).toContain(steps);
  }
  expect(told).toContain('in doubt');
  expect(valuesOf(await readToEnd(harness.broker, slot.topic))).toEqual(range(steps));
  await writer.close();
});

test('a broker that is killed in the middle of commits loses none that was acknowledged', async () => {
  const slot = await newSlot();
  let [writer, steps] = await decide(slot);
  for (const delayMs of [1, 4]) {
    const committing = commitOne(writer, slot, steps);
    await sleep(systemClock, delayMs);
    await harness.service.kill('SIGKILL');
    const answer = await committing;
    await harness.service.restart();
    await writer.close();
    const before = steps;
    [writer, steps] = await decide(slot);
    if (answer === 'committed') expect(steps).toBe(before + 1);
    else expect([before, before + 1]).toContain(steps);
  }
  await expect(commitOne(writer, slot, steps)).resolves.toBe('committed');
  await writer.close();
  [writer, steps] = await decide(slot);
  expect(valuesOf(await readToEnd(harness.broker, slot.topic))).toEqual(range(steps));
  await writer.close();
});

test('a writer whose commit is in doubt is dead, and says so again', async () => {
  const slot = await newSlot();
  const [writer] = await decide(slot);
  await harness.service.kill('SIGSTOP');
  await expect(commitOne(writer, slot, 0)).resolves.toBe('in doubt');
  await harness.service.kill('SIGCONT');
  await expect(commitOne(writer, slot, 0)).resolves.toBe('in doubt');
  await writer.close();
});

test('a member that lost its coordinator is told so, and gets its slots again', async () => {
  const told: string[] = [];
  const membership = await harness.broker.join({
    groupId: unique('group'),
    slots: 2,
    data: () => Buffer.alloc(0),
    preferred: () => [],
    onAssigned: (slots) => told.push(`assigned ${slots}`),
    onLost: () => told.push('lost'),
    sessionTimeoutMs: 2000,
  });
  expect(told).toEqual(['assigned 0,1']);
  await harness.service.kill('SIGKILL');
  while (!told.includes('lost')) await sleep(systemClock, 50);
  expect(membership.slots).toEqual([]);
  await harness.service.restart();
  while (told.at(-1) !== 'assigned 0,1') await sleep(systemClock, 50);
  expect(membership.slots).toEqual([0, 1]);
  expect(told.filter((word) => word !== 'lost')).toEqual(['assigned 0,1', 'assigned 0,1']);
  await membership.leave();
});

test('a writer and a reader go on across a restart of the broker', async () => {
  const { topic } = await newSlot();
  const writer = await harness.broker.writer();
  await writer.send([record(topic, 'k', 'before')]);
  const reading = harness.broker.fetch([{ topic, partition: 0, offset: 1 }], {
    waitMsMax: 30_000,
    bytesMaxPerPartition: 1 << 20,
  });
  await harness.service.kill('SIGKILL');
  const sending = writer.send([record(topic, 'k', 'during')]);
  await harness.service.restart();
  await sending;
  const [batch] = await reading;
  expect(valuesOf(batch!.records)).toEqual(['during']);
  await writer.close();
});
