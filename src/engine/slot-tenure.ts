/** What a slot is given when it is made, and what each successful take-over brings it. */
import type { Broker, TransactionalWriter } from '../broker/broker';
import type { Clock } from '../clock';
import type { FaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import type { SlotDatabase } from '../store/slot-database';
import type { Meter } from '../telemetry/meter';
import type { EngineSettings } from './engine-settings';
import type { SlotWork } from './processor-context';
import type { SlotInput } from './slot-input';
import type { SlotState } from './slot-state';
import type { Task } from './task';
import type { TopicCodecs } from './topic-codecs';
import type { Topology } from './topology';

export interface SlotOptions {
  readonly slot: number;
  readonly topology: Topology;
  readonly settings: EngineSettings;
  readonly broker: Broker;
  readonly codecs: TopicCodecs;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly bootId: string;
  /** Opens the slot's database, made anew where it cannot be read, or is to be. */
  readonly openDatabase: (slot: number, anew?: boolean) => Promise<SlotDatabase>;
  /** Whether the group says right now that this slot is ours. */
  readonly isAssigned: () => boolean;
  /** The same, but true as well while a rebalance is open: the slot may come back. */
  readonly isKept: () => boolean;
  /** This step's share of the process's time for the end of steps. */
  readonly budgetMs: () => number;
  readonly faultPoint: FaultPoint;
}

/** Everything that one successful take-over brings. */
export interface SlotTenure {
  readonly writer: TransactionalWriter;
  readonly state: SlotState;
  readonly work: SlotWork;
  readonly input: SlotInput;
  readonly tasks: ReadonlyMap<string, Task>;
  /** Topic → next changelog offset not in the database. */
  changelogs: Record<string, number>;
  stepNumber: number;
}

export type SlotStatus = 'taking over' | 'running' | 'fenced' | 'failed' | 'stopped';
