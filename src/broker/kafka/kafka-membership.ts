/**
 * Membership of the group that shares out the slots: join, sync, heartbeats, and joining again, driven by us
 * and not by a consumer. Heartbeats run on a timer, whatever else the process does. Who holds a slot is only a hint
 * (a stopped process may believe it for a while longer); safe is what the slot's transaction fences.
 *
 * The group's protocol type is our own: of a "consumer" group the coordinator would forget the offsets of topics
 * that are not in its subscription after a week, although the group is alive.
 */
import type { Clock, Timer } from '../../clock';
import { SegueError } from '../../errors';
import type { GroupMember, Membership, MembershipOptions } from '../broker';
import { askCoordinator } from './ask-coordinator';
import { assignSlots, decodeAssignment, encodeAssignment, encodeJoining } from './group-messages';
import type { KafkaCluster, Lane } from './kafka-cluster';
import type { KafkaConnection } from './kafka-connection';
import { checkCode, failedWith, isTransient, KAFKA_CODES, toSegueError } from './kafka-failures';

const PROTOCOL_TYPE = 'segue';
const PROTOCOL = 'sticky-slots';
const SESSION_MS = 10_000;
/** How long a rebalance waits for members that have not joined again; they do so within a heartbeat. */
const REBALANCE_MS = 10_000;
const HEARTBEAT_MS_MAX = 500;
const REJOIN_DELAY_MS = 50;

interface Generation {
  readonly id: number;
  readonly memberId: string;
}

export class KafkaMembership implements Membership {
  #slots: readonly number[] = [];
  #members: readonly GroupMember[] = [];
  #memberId = '';
  #generation: Generation | undefined;
  /** Kept through a rebalance, so that the assignment can leave slots where they are. */
  #held: readonly number[] = [];
  #timer: Timer | undefined;
  #lastHeardMs = 0;
  #left = false;
  readonly #lane: Lane;
  readonly #clock: Clock;
  readonly #sessionMs: number;

  private constructor(
    private readonly cluster: KafkaCluster,
    private readonly options: MembershipOptions,
    private readonly onEnd: (membership: KafkaMembership) => void,
  ) {
    this.#lane = cluster.openLane();
    this.#clock = cluster.clock;
    this.#sessionMs = options.sessionTimeoutMs ?? SESSION_MS;
  }

  /** Resolves with the first assignment. `onEnd` hears when the member has left. */
  static async join(
    cluster: KafkaCluster,
    options: MembershipOptions,
    onEnd: (membership: KafkaMembership) => void,
  ): Promise<KafkaMembership> {
    const membership = new KafkaMembership(cluster, options, onEnd);
    try {
      await membership.#takeOut(options.earlierMemberId ?? '');
      await membership.#joinUntil(cluster.clock.monotonicMs() + cluster.settings.operationMsMax);
      return membership;
    } catch (error) {
      await membership.leave();
      throw toSegueError(error, `Joining group ${options.groupId}`);
    }
  }

  /** By the clock, since timers of a process that was stopped come late. */
  get slots(): readonly number[] {
    return this.#isWithinSession(this.#clock.monotonicMs()) ? this.#slots : [];
  }

  get memberId(): string {
    return this.#memberId;
  }

  get members(): readonly GroupMember[] {
    return this.#members;
  }

  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#timer?.cancel();
    this.#slots = [];
    this.#members = [];
    await this.#takeOut(this.#memberId);
    this.cluster.closeLane(this.#lane);
    this.onEnd(this);
  }

  async dismiss(memberId: string): Promise<void> {
    if (!this.#left && memberId !== this.#memberId) await this.#takeOut(memberId);
  }

  /** The group forgets a member; where that cannot be said, the end of its session says it. */
  async #takeOut(memberId: string): Promise<void> {
    if (memberId === '') return;
    const { groupId } = this.options;
    // Not on our own connection, where a join may be waiting for the others.
    const lane = this.cluster.control;
    const deadlineMs = this.#clock.monotonicMs() + this.#sessionMs;
    await this.#ask(
      deadlineMs,
      (connection) => connection.call('LeaveGroup', { groupId, memberId }),
      lane,
    ).catch(() => {});
  }

  /** Joins until there is an assignment; a rebalance that begins meanwhile starts it over. */
  async #joinUntil(deadlineMs: number): Promise<void> {
    for (;;) {
      this.#checkMember();
      try {
        const members = await this.#joinOnce(deadlineMs);
        // Left while the answer was on its way: the caller has been told to let go.
        if (!this.#left) this.#accept(members);
        return;
      } catch (error) {
        if (!this.#canJoinAgain(error) || this.#clock.monotonicMs() > deadlineMs) throw error;
      }
    }
  }

  #canJoinAgain(error: unknown): boolean {
    if (failedWith(error, 'MEMBER_ID_REQUIRED', 'REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION'))
      return true;
    if (!failedWith(error, 'UNKNOWN_MEMBER_ID')) return false;
    this.#memberId = '';
    return true;
  }

  async #joinOnce(deadlineMs: number): Promise<readonly GroupMember[]> {
    const { groupId, slots, standbys } = this.options;
    const joined = await this.#ask(deadlineMs, async (connection) => {
      const answer = await connection.call('JoinGroup', this.#joinParameters());
      // Older and newer coordinators alike give a newcomer its id first and want it back.
      if (answer.errorCode === KAFKA_CODES.MEMBER_ID_REQUIRED) this.#become(answer.memberId);
      checkCode(answer.errorCode, `JoinGroup of ${groupId}`);
      return answer;
    });
    this.#become(joined.memberId);
    const leads = joined.leaderId === joined.memberId;
    const assignment = encodeAssignment(leads ? assignSlots(slots, joined.members, standbys) : []);
    const { memberId, generationId } = joined;
    const sentMs = this.#clock.monotonicMs();
    const synced = await this.#ask(deadlineMs, async (connection) => {
      const answer = await connection.call('SyncGroup', {
        groupId,
        memberId,
        generationId,
        groupAssignment: leads
          ? joined.members.map((one) => ({
              memberId: one.memberId,
              memberAssignment: assignment,
            }))
          : [],
      });
      checkCode(answer.errorCode, `SyncGroup of ${groupId}`);
      return answer;
    });
    this.#generation = { id: generationId, memberId };
    this.#lastHeardMs = sentMs;
    return decodeAssignment(synced.memberAssignment);
  }

  #become(memberId: string): void {
    if (memberId === this.#memberId) return;
    this.#memberId = memberId;
    this.options.onMemberId?.(memberId);
  }

  #joinParameters() {
    const { groupId, data, preferred, reached } = this.options;
    const metadata = encodeJoining({
      held: this.#held,
      preferred: preferred(),
      reached: reached?.() ?? {},
      data: data(),
    });
    return {
      groupId,
      memberId: this.#memberId,
      sessionTimeout: this.#sessionMs,
      rebalanceTimeout: REBALANCE_MS,
      protocolType: PROTOCOL_TYPE,
      groupProtocols: [{ name: PROTOCOL, metadata }],
    };
  }

  #accept(members: readonly GroupMember[]): void {
    this.#members = members;
    const own = members.find(({ memberId }) => memberId === this.#memberId);
    this.#slots = own?.slots ?? [];
    this.#held = this.#slots;
    this.#scheduleHeartbeat();
    this.options.onAssigned(this.#slots, own?.standbys ?? []);
  }

  #isWithinSession(nowMs: number): boolean {
    return nowMs - this.#lastHeardMs <= this.#sessionMs;
  }

  #scheduleHeartbeat(): void {
    const intervalMs = Math.min(HEARTBEAT_MS_MAX, this.#sessionMs / 3);
    this.#timer = this.#clock.schedule(intervalMs, () => void this.#heartbeat());
  }

  async #heartbeat(): Promise<void> {
    const { groupId } = this.options;
    const { id: groupGenerationId, memberId } = this.#generation!;
    const sentMs = this.#clock.monotonicMs();
    // A process that was stopped may have lost its membership long ago: then it must not even ask first.
    if (!this.#isWithinSession(sentMs)) return this.#lose('no heartbeat in time');
    try {
      const deadlineMs = this.#lastHeardMs + this.#sessionMs;
      await this.#ask(deadlineMs, async (connection) => {
        const answer = await connection.call('Heartbeat', { groupId, groupGenerationId, memberId });
        checkCode(answer.errorCode, `Heartbeat of ${groupId}`);
      });
      this.#lastHeardMs = sentMs;
      if (!this.#left) this.#scheduleHeartbeat();
    } catch (error) {
      if (!this.#left) await this.#lose(reasonOf(error));
    }
  }

  /** Tells that membership is open, then joins again until it works or we leave. */
  async #lose(reason: string): Promise<void> {
    this.#slots = [];
    // Others may hold by now what was ours; that our state lies here, `preferred` says.
    if (reason !== REBALANCE) this.#held = [];
    this.options.onLost(reason);
    while (!this.#left) {
      try {
        return await this.#joinUntil(this.#clock.monotonicMs() + this.#sessionMs);
      } catch (error) {
        if (this.#left || this.cluster.isClosed) return;
        this.cluster.settings.logger.warn('could not join the group yet', {
          group: this.options.groupId,
          reason: (error as Error).message,
        });
        await new Promise<void>((resolve) => {
          this.#clock.schedule(REJOIN_DELAY_MS, resolve);
        });
      }
    }
  }

  #checkMember(): void {
    this.cluster.checkOpen();
    if (this.#left) throw new SegueError('BROKER_CLOSED', 'The member has left its group.');
  }

  /** Joins and syncs wait for the other members, so an attempt may take as long as a rebalance. */
  #ask<T>(
    deadlineMs: number,
    attempt: (connection: KafkaConnection) => Promise<T>,
    lane = this.#lane,
  ): Promise<T> {
    return askCoordinator({
      cluster: this.cluster,
      lane,
      kind: 'group',
      key: this.options.groupId,
      deadlineMs,
      attemptMs: REBALANCE_MS + this.#sessionMs,
      attempt,
    });
  }
}

const REBALANCE = 'rebalance';

function reasonOf(error: unknown): string {
  if (failedWith(error, 'REBALANCE_IN_PROGRESS')) return REBALANCE;
  if (failedWith(error, 'UNKNOWN_MEMBER_ID')) return 'the coordinator does not know this member';
  if (failedWith(error, 'ILLEGAL_GENERATION')) return 'the group has gone on without this member';
  if (isTransient(error)) return 'the coordinator cannot be reached';
  return error instanceof Error ? error.message : String(error);
}
