/**
 * Notices when somebody changes the number of partitions of an input topic while the application runs. Producers would
 * spread keys over partitions that no slot reads, and records would be missed without a word.
 */
import type { Broker } from '../broker/broker';
import type { Clock, Timer } from '../clock';
import { SegueError } from '../errors';
import type { Topology } from './topology';

export interface PartitionWatchOptions {
  readonly topology: Topology;
  readonly slots: number;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly onChanged: (error: SegueError) => void;
}

const INTERVAL_MS = 10_000;

export class PartitionWatch {
  #timer: Timer | undefined;
  #stopped = false;
  readonly #topics: readonly string[];

  constructor(private readonly options: PartitionWatchOptions) {
    this.#topics = options.topology.parts
      .flatMap((part) => part.sources)
      .filter(({ topic }) => topic.partitions === 'slots')
      .map(({ topic }) => topic.name);
  }

  start(): void {
    this.#timer = this.options.clock.schedule(INTERVAL_MS, () => void this.#look());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    const { broker, slots, onChanged } = this.options;
    for (const topic of this.#topics) {
      // A broker that is away is somebody else's concern; the next look will tell.
      const count = await broker.partitionCount(topic).catch(() => slots);
      if (this.#stopped) return;
      if (count !== slots) onChanged(differing(topic, slots, count));
    }
    this.start();
  }
}

function differing(topic: string, slots: number, count: number): SegueError {
  return new SegueError(
    'TOPIC_PARTITIONS_DIFFER',
    `${topic}: expected ${slots} partitions, but it has ${count} now: keys belong to other partitions than before, so nothing ` +
      'more is read. Send the listens to topics made anew, under another --application and --topic-prefix',
  );
}
