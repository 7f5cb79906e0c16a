/**
 * What every adapter of the broker port promises. An adapter's test calls `brokerContract` with a way
 * to start it; one service serves the whole suite, each case uses topics, groups and ids of its own.
 *
 * A commit is acknowledged when it is decided; that readers see it may take a moment more (Kafka writes
 * its markers afterwards), so cases wait for what must come, and check absence only where a take-over
 * or a restart has made the log final.
 */
import { randomUUID } from 'node:crypto';
import type { TopicSpec } from '../../src/broker/broker';
import { cleaningCases } from './broker-cleaning-cases';
import { groupCases } from './broker-group-cases';
import type { BrokerHarness, ContractContext, ContractTraits } from './broker-harness';
import { lifecycleCases } from './broker-lifecycle-cases';
import { recordCases } from './broker-record-cases';
import { stepCases } from './broker-step-cases';
import { topicCases } from './broker-topic-cases';
import { undecidedStepCases } from './broker-undecided-step-cases';

export function brokerContract(
  name: string,
  start: () => Promise<BrokerHarness>,
  traits: ContractTraits,
): void {
  describe(`${name} broker`, () => {
    let harness: BrokerHarness;
    beforeAll(async () => {
      harness = await start();
    });
    afterAll(() => harness?.stop());

    const unique = (word: string): string => `${word}-${randomUUID().slice(0, 13)}`;
    const context: ContractContext = {
      harness: () => harness,
      broker: () => harness.broker,
      traits,
      unique,
      async topic(spec: Partial<TopicSpec> = {}) {
        const topicName = spec.name ?? unique('topic');
        await harness.broker.createTopics([
          { partitions: 1, cleanup: 'delete', ...spec, name: topicName },
        ]);
        return topicName;
      },
    };
    describe('topics', () => topicCases(context));
    describe('records', () => recordCases(context));
    describe('steps', () => stepCases(context));
    describe('undecided steps', () => undecidedStepCases(context));
    describe('cleaning', () => cleaningCases(context));
    describe('groups', () => groupCases(context));
    describe('lifecycle', () => lifecycleCases(context));
  });
}
