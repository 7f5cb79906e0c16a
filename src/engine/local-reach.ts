/**
 * How far the state of slots on this machine reaches, for the sharing of slots: the sum of a state's positions in its
 * tables, which of two states of one slot is greater where it is fresher.
 */
import type { Logger } from '../logger';
import type { SlotDatabase } from '../store/slot-database';
import { isTable, storesOf, type Topology } from './topology';

type Positions = Readonly<Record<string, number>>;

export class LocalReach {
  readonly #reached = new Map<number, number>();
  readonly #tables: readonly string[];

  constructor(
    topology: Topology,
    private readonly logger: Logger,
  ) {
    this.#tables = storesOf(topology)
      .filter(isTable)
      .map(({ topic }) => topic.name);
  }

  /** What lies on disk, before anybody uses it. One that cannot be opened now is not known. */
  async read(
    slots: readonly number[],
    openDatabase: (slot: number) => Promise<SlotDatabase>,
  ): Promise<void> {
    await Promise.all(slots.map((slot) => this.#look(slot, openDatabase)));
  }

  async #look(slot: number, openDatabase: (slot: number) => Promise<SlotDatabase>): Promise<void> {
    try {
      const database = await openDatabase(slot);
      this.note(slot, database.mark()?.changelogs);
      await database.close();
    } catch (error) {
      this.logger.warn(
        `slot ${slot}: local state cannot be looked at: ${(error as Error).message}`,
      );
    }
  }

  note(slot: number, positions: Positions | undefined): void {
    if (positions === undefined) return;
    const reached = this.#tables.reduce((sum, topic) => sum + (positions[topic] ?? 0), 0);
    this.#reached.set(slot, reached);
  }

  toRecord(): Record<number, number> {
    return Object.fromEntries(this.#reached);
  }
}
