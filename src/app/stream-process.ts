/** One process of the application, whatever the adapters: topology, runner, model, trainer. */
import type { Recommendations } from '../../schemas/records';
import type { Figures } from '../../streams/model/export-figures';
import type { ModelLoader } from '../../streams/model/load-model';
import type { RetrainRequests } from '../../streams/model/retrain-requests';
import type { SegueTopics } from '../../streams/topics';
import type { SegueStores } from '../../streams/topology';
import type { Broker, GroupMember } from '../broker/broker';
import { partitionOf } from '../broker/partitioner';
import { type Clock, sleep } from '../clock';
import type { Settings } from '../config';
import { StreamRunner } from '../engine/stream-runner';
import type { Topology } from '../engine/topology';
import type { FaultPoint } from '../fault-points';
import type { Logger } from '../logger';
import type { SchemaRegistry } from '../schema-registry/schema-registry';
import type { SlotDatabase } from '../store/slot-database';
import type { Meter } from '../telemetry/meter';
import { ApplicationParts } from './application-parts';
import { engineSettings } from './program-settings';
import type { RetrainService } from './retrain-service';

export interface StreamProcessOptions {
  readonly settings: Settings;
  readonly broker: Broker;
  readonly registry: SchemaRegistry;
  readonly clock: Clock;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly bootId: string;
  readonly openDatabase: (slot: number, anew?: boolean) => Promise<SlotDatabase>;
  readonly localSlots: () => readonly number[];
  readonly faultPoint?: FaultPoint;
  /** See StreamRunnerOptions. */
  readonly memberData?: () => Buffer;
  readonly earlierMemberId?: string | undefined;
  readonly onMemberId?: (memberId: string) => void;
}

export class StreamProcess {
  readonly topics: SegueTopics;
  readonly stores: SegueStores;
  readonly topology: Topology;
  readonly runner: StreamRunner;
  readonly loader: ModelLoader;
  readonly requests: RetrainRequests;
  readonly figures: Figures;
  readonly #parts: ApplicationParts;
  #retrains: RetrainService | undefined;

  constructor(private readonly options: StreamProcessOptions) {
    this.#parts = new ApplicationParts(options, {
      codecs: () => this.runner.codecs,
      onSwitch: () => this.runner.nudge(),
    });
    const { topics, stores, topology, loader, requests, figures } = this.#parts;
    this.topics = topics;
    this.stores = stores;
    this.topology = topology;
    this.loader = loader;
    this.requests = requests;
    this.figures = figures;
    this.runner = new StreamRunner({
      ...options,
      topology,
      settings: engineSettings(options.settings),
    });
  }

  async start(): Promise<void> {
    await this.runner.start();
    if (this.options.settings.trainer === 'none') return;
    // Only one process trains: the one that owns the control task.
    this.#retrains = this.#parts.retrainService(() =>
      this.runner.slots.some(({ slot, status }) => slot === 0 && status === 'running'),
    );
    this.#retrains.start();
  }

  async stop(): Promise<void> {
    await this.#retrains?.stop();
    await this.runner.stop();
  }

  /** All input consumed, the promoted model serves, everybody refreshed, no retrain open. */
  async isCaughtUp(): Promise<boolean> {
    if (this.loader.isSwitching() || this.#retrains?.isBusy()) return false;
    return this.runner.isCaughtUp();
  }

  async untilCaughtUp(): Promise<void> {
    // Twice in a row: what one slot sends out last may be another one's input.
    let inARow = 0;
    while (inARow < 2) {
      inARow = (await this.isCaughtUp()) ? inARow + 1 : 0;
      if (inARow < 2) await sleep(this.options.clock, 100);
    }
  }

  /** Ready: a member of the group, and every slot it was given runs. */
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] } {
    const reasons = this.runner.slots
      .filter(({ status }) => status !== 'running')
      .map(
        ({ slot, status, failure }) =>
          `slot ${slot} is ${status}${failure === undefined ? '' : `: ${(failure as Error).message}`}`,
      );
    if (this.runner.membership === undefined) reasons.push('not in the group yet');
    return { ready: reasons.length === 0, reasons };
  }

  /** Resolves with 'failed' when every slot of this process has failed for good. */
  async untilFailed(): Promise<string> {
    for (;;) {
      const { slots } = this.runner;
      if (slots.length > 0 && slots.every(({ status }) => status === 'failed')) return 'failed';
      await sleep(this.options.clock, 1000);
    }
  }

  /** undefined: this process does not serve the user now. */
  ownList(user: string): { readonly list: Recommendations | undefined } | undefined {
    const slot = this.#slotOf(user);
    const state = this.runner.slots.find((one) => one.slot === slot)?.state;
    return state && { list: state.store(this.stores.recommendations).get(user) };
  }

  /** The member that the user's slot is assigned to, if that is another process. */
  ownerOf(user: string): GroupMember | undefined {
    const slot = this.#slotOf(user);
    const { members = [], memberId } = this.runner.membership ?? {};
    return members.find((one) => one.memberId !== memberId && one.slots.includes(slot));
  }

  /** The list as this process has it from following the user's slot, which another one owns: a moment old. */
  followedList(user: string): Recommendations | undefined {
    const state = this.runner.standbyState(this.#slotOf(user));
    return state?.store(this.stores.recommendations).get(user);
  }

  followersOf(user: string): readonly GroupMember[] {
    const slot = this.#slotOf(user);
    const { members = [], memberId } = this.runner.membership ?? {};
    return members.filter((one) => one.memberId !== memberId && one.standbys.includes(slot));
  }

  #slotOf(user: string): number {
    return partitionOf(Buffer.from(user, 'utf8'), this.options.settings.partitions);
  }

  /** What goes on about models, for people; undefined: nothing. */
  modelActivity(): string | undefined {
    if (this.loader.isSwitching()) return 'handing over';
    return this.#retrains?.isBusy() ? 'retraining' : undefined;
  }

  /** Some user of this process who has a list, to look at; undefined before there is one. */
  async someUser(): Promise<string | undefined> {
    for (const { state } of this.runner.slots) {
      const [user] = (await state?.store(this.stores.recommendations).keysAfter('', 1)) ?? [];
      if (user !== undefined) return user;
    }
    return undefined;
  }
}
