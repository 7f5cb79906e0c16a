/** The embedded broker as the broker contract wants it, on memory or on a directory. */
import type { Broker } from '../../src/broker/broker';
import { EmbeddedBroker } from '../../src/broker/embedded-broker';
import type { EmbeddedFaults } from '../../src/broker/embedded-transactional-writer';
import { SegueError } from '../../src/errors';
import type { Level } from '../../src/store/level';
import type { BrokerHarness, OpenStep } from '../contract/broker-harness';

/** Commits under these ids wait until the test decides them. */
type Decision = 'commit' | 'abort';

export class EmbeddedBrokerHarness implements BrokerHarness {
  readonly cleaningTopic = {
    compactionLagMs: 0,
    settings: { 'delete.retention.ms': '0', 'min.cleanable.dirty.ratio': '0' },
  };
  private readonly undecided = new Map<string, Promise<Decision>>();

  private constructor(
    private readonly openDatabase: () => Promise<Level>,
    public broker: EmbeddedBroker,
  ) {}

  static async start(openDatabase: () => Promise<Level>): Promise<EmbeddedBrokerHarness> {
    const harness = new EmbeddedBrokerHarness(openDatabase, undefined as never);
    harness.broker = await harness.openBroker();
    return harness;
  }

  async connect(): Promise<Broker> {
    return this.broker.connect();
  }

  async restart(): Promise<void> {
    await this.broker.close();
    this.broker = await this.openBroker();
  }

  /** The embedded log has no record before its commit, so an open step is a commit that is held back. */
  async openStep(transactionalId: string, groupId: string): Promise<OpenStep> {
    const writer = await this.broker.connect().takeOver(transactionalId, groupId);
    const records: Parameters<OpenStep['append']>[0][number][] = [];
    const decide = async (decision: Decision): Promise<void> => {
      this.undecided.set(transactionalId, Promise.resolve(decision));
      await writer.commit({ records, positions: [] });
    };
    return {
      append: async (more) => {
        records.push(...more);
      },
      commit: () => decide('commit'),
      abort: () =>
        decide('abort').then(
          () => expect('an aborted step').toBe('refused'),
          (error) => expect(error).toMatchObject({ code: 'BROKER_COMMIT_IN_DOUBT' }),
        ),
    };
  }

  dropRecordsBefore(position: Parameters<BrokerHarness['dropRecordsBefore']>[0]): Promise<void> {
    return this.broker.deleteRecordsBefore(position);
  }

  clean(): Promise<void> {
    return this.broker.upkeep();
  }

  stop(): Promise<void> {
    return this.broker.close();
  }

  private async openBroker(): Promise<EmbeddedBroker> {
    return EmbeddedBroker.open({ database: await this.openDatabase(), faults: this.faults() });
  }

  private faults(): EmbeddedFaults {
    return {
      beforeCommit: async (transactionalId) => {
        if ((await this.undecided.get(transactionalId)) === 'abort')
          throw new SegueError('BROKER_COMMIT_IN_DOUBT', 'the step is aborted by the test');
      },
    };
  }
}
