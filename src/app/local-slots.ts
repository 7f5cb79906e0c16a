/** The slots' databases on this machine: DATA/slots/APPLICATION/NUMBER. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { join } from 'node:path';
import type { Settings } from '../config';
import { hasCode } from '../errors';
import type { Logger } from '../logger';
import { type LevelMemory, openClassicLevel } from '../store/level';
import { SlotDatabase } from '../store/slot-database';

/** LevelDB's own memory for one slot: two write buffers and the block cache. */
const MEMORY: LevelMemory = { blockCacheBytes: 8 << 20, writeBufferBytes: 4 << 20 };

export class LocalSlots {
  readonly #folder: string;

  constructor(
    settings: Settings,
    private readonly logger: Logger,
  ) {
    this.#folder = join(settings.data, 'slots', settings.application);
  }

  /** Opens a slot's database; one that cannot be read, or with `anew`, is deleted, since its topics hold everything. */
  async open(slot: number, anew = false): Promise<SlotDatabase> {
    const directory = join(this.#folder, String(slot));
    if (anew) {
      this.logger.warn(`slot ${slot}: its local store is deleted and restored from its topics`);
      rmSync(directory, { recursive: true, force: true });
    }
    mkdirSync(directory, { recursive: true });
    try {
      return new SlotDatabase(await openClassicLevel(directory, MEMORY));
    } catch (error) {
      if (!hasCode(error, 'STORE_CORRUPT')) throw error;
      this.logger.warn(
        `slot ${slot}: ${error.message}; it is deleted and restored from its topics`,
      );
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory, { recursive: true });
      return new SlotDatabase(await openClassicLevel(directory, MEMORY));
    }
  }

  /** Bytes of a slot's files; what is deleted meanwhile counts nothing. */
  bytes(slot: number): number {
    const directory = join(this.#folder, String(slot));
    const sizeOf = (name: string) =>
      statSync(join(directory, name), { throwIfNoEntry: false })?.size ?? 0;
    return readdirSync(directory).reduce((total, name) => total + sizeOf(name), 0);
  }

  /** Slots that have a directory here. */
  list(): number[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder).map(Number).filter(Number.isInteger);
  }
}

const BOOT_ID_FILE = '/proc/sys/kernel/random/boot_id';
/** Where no boot id can be had: the time of the boot, coarse enough to come out the same each time. */
const BOOT_MINUTES = 2;

/** Tells apart the boots of all machines: after a crash of the machine unsynced state may be missing. */
export function bootId(nowMs: number): string {
  if (existsSync(BOOT_ID_FILE)) return `${hostname()} ${readFileSync(BOOT_ID_FILE, 'utf8').trim()}`;
  return `${hostname()} ${Math.round((nowMs / 1000 - uptime()) / 60 / BOOT_MINUTES)}`;
}
