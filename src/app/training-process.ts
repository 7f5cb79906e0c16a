/**
 * A process that trains and does nothing else, beside processes that run slots with trainer `none`: it follows the small
 * topics that every process follows, and answers retrain requests by the code that a process with slots has inside.
 *
 * Any number may run: they share out a single turn in a group of their own, so one trains and the others stand by until
 * it leaves or its session is over.
 */
import type { Broker, Membership } from '../broker/broker';
import { GlobalTables } from '../engine/global-tables';
import { topicSpec } from '../engine/stream-runner';
import { TopicCodecs } from '../engine/topic-codecs';
import { topicsOf } from '../engine/topology';
import { SegueError } from '../errors';
import { type ApplicationOptions, ApplicationParts } from './application-parts';
import type { RetrainService } from './retrain-service';

/** The one thing that trainers share out. */
const TURN = 0;

export class TrainingProcess {
  readonly #parts: ApplicationParts;
  #codecs: TopicCodecs | undefined;
  #tables: GlobalTables | undefined;
  #membership: Membership | undefined;
  #retrains: RetrainService | undefined;

  /** Throws SETTING_INVALID where the settings name no trainer. */
  constructor(private readonly options: ApplicationOptions) {
    if (options.settings.trainer === 'none')
      throw new SegueError(
        'SETTING_INVALID',
        '--trainer: expected worker-threads or spark where nothing but training is done, got none.',
      );
    this.#parts = new ApplicationParts(options, {
      codecs: () => this.#codecs!,
      onSwitch: () => undefined,
    });
  }

  /** Makes the topics where they are missing, reads the model that serves, stands for its turn. */
  async start(): Promise<void> {
    const { broker, registry, settings, clock, logger } = this.options;
    const { topology } = this.#parts;
    const topics = topicsOf(topology);
    await broker.createTopics(topics.map((topic) => topicSpec(topic, settings.partitions)));
    this.#codecs = await TopicCodecs.register(topics, registry);
    this.#tables = new GlobalTables({
      definitions: topology.globals,
      ...{ broker, codecs: this.#codecs, clock, logger },
      onChange: () => undefined,
    });
    await this.#tables.start();
    this.#membership = await this.#join(broker);
    this.#retrains = this.#parts.retrainService(() => this.isTrainer());
    this.#retrains.start();
  }

  /** Gives up what is being trained; its request stays open, for the next one. */
  async stop(): Promise<void> {
    await this.#retrains?.stop();
    await this.#membership?.leave();
    await this.#tables?.stop();
  }

  /** Whether it is this one's turn. */
  isTrainer(): boolean {
    return this.#membership?.slots.includes(TURN) ?? false;
  }

  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] } {
    const reasons = this.#membership === undefined ? ['not among the trainers yet'] : [];
    return { ready: reasons.length === 0, reasons };
  }

  #join(broker: Broker): Promise<Membership> {
    const { logger, settings } = this.options;
    return broker.join({
      groupId: `${settings.application}-trainers`,
      slots: 1,
      data: () => Buffer.alloc(0),
      preferred: () => [],
      onAssigned: ({ length }) =>
        logger.info(length > 0 ? 'trains from now on' : 'stands by: another process trains'),
      onLost: (reason) => logger.info(`who trains is open: ${reason}`),
    });
  }
}
