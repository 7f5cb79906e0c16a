/**
 * Finds out within about a second that another process has died. A killed process leaves its group only when its
 * session is over, which takes seconds at least; but its machine refuses connections to its address at once. So
 * each member looks after its neighbour: where connections are refused that were taken before, the neighbour is
 * dismissed. An error here costs a rebalance and nothing else, since ownership is decided by fencing. A machine
 * that is gone refuses nothing: its session decides, as ever.
 */
import { connect } from 'node:net';
import type { GroupMember, Membership } from '../broker/broker';
import type { Clock, Timer } from '../clock';
import type { Logger } from '../logger';
import { addressOf } from './member-data';

const INTERVAL_MS = 300;
const PROBE_MS_MAX = 1000;
/** One refusal may be a process that is just ending as it should. */
const REFUSALS = 2;

export type Probed = 'taken' | 'refused' | 'unknown';

export interface PeerWatchOptions {
  readonly membership: () => Membership | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly probe?: (url: string, clock: Clock) => Promise<Probed>;
}

export class PeerWatch {
  /** Refusals in a row of the neighbour that was seen alive; undefined before. */
  #neighbour: { readonly memberId: string; refusals: number } | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(private readonly options: PeerWatchOptions) {}

  start(): void {
    this.#timer = this.options.clock.schedule(INTERVAL_MS, () => {
      void this.look().finally(() => this.#stopped || this.start());
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  /** One look at the neighbour. Never rejects. */
  async look(): Promise<void> {
    const membership = this.options.membership();
    const neighbour = membership && neighbourOf(membership);
    const url = neighbour && addressOf(neighbour.data);
    if (url === undefined) return;
    const { memberId } = neighbour!;
    if (this.#neighbour?.memberId !== memberId) this.#neighbour = undefined;
    const probed = await (this.options.probe ?? probe)(url, this.options.clock);
    if (probed === 'taken') this.#neighbour = { memberId, refusals: 0 };
    if (probed !== 'refused' || this.#neighbour === undefined) return;
    this.#neighbour.refusals += 1;
    if (this.#neighbour.refusals < REFUSALS) return;
    this.#neighbour = undefined;
    this.options.logger.warn(`the process at ${url} has ended without leaving; it is dismissed`);
    await membership!.dismiss(memberId).catch(() => {});
  }
}

/** The next member in the ring of ids, so that everybody is looked after by one. */
function neighbourOf({ members, memberId }: Membership): GroupMember | undefined {
  const ring = [...members].sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const own = ring.findIndex((member) => member.memberId === memberId);
  if (own < 0 || ring.length < 2) return undefined;
  return ring[(own + 1) % ring.length];
}

function probe(url: string, clock: Clock): Promise<Probed> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) });
    const end = (probed: Probed) => {
      timer.cancel();
      socket.destroy();
      resolve(probed);
    };
    const timer = clock.schedule(PROBE_MS_MAX, () => end('unknown'));
    socket.once('connect', () => end('taken'));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      end(error.code === 'ECONNREFUSED' ? 'refused' : 'unknown'),
    );
  });
}
