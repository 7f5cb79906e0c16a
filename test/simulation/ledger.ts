/**
 * What was sent, and what must have come of it: plain maps and sets, in one thread, sharing no code with the streams.
 * Each record carries its number in a header, so that it is found again wherever it landed.
 */
import type { StoredRecord } from '../../src/broker/broker';

export type SentEvent =
  | {
      readonly kind: 'listen' | 'deletion';
      readonly user: string;
      readonly track: string;
      readonly listenedAt: number;
    }
  | { readonly kind: 'poison'; readonly reason: string };

/** The live listens of one user: track → times. */
export type Heard = ReadonlyMap<string, readonly number[]>;

export interface LandedEvent {
  readonly partition: number;
  readonly offset: number;
  readonly event: SentEvent;
}

export interface Truth {
  /** `user track` → plays; those with none are missing. */
  readonly plays: ReadonlyMap<string, number>;
  /** Track → unique listeners. */
  readonly listeners: ReadonlyMap<string, number>;
  /** User → tracks. */
  readonly tracksOf: ReadonlyMap<string, number>;
  readonly listens: number;
  readonly deletions: number;
  readonly duplicates: number;
}

export const NUMBER_HEADER = 'n';

export class Ledger {
  readonly #sent: SentEvent[] = [];
  #landed: LandedEvent[] = [];
  readonly #byUser = new Map<string, LandedEvent[]>();

  get records(): number {
    return this.#sent.length;
  }

  /** Answers the number that the record is to carry. */
  note(event: SentEvent): Buffer {
    this.#sent.push(event);
    return Buffer.from(String(this.#sent.length - 1));
  }

  /** Tracks that somebody has listened to, or tried to. */
  tracks(): string[] {
    const tracks = this.#sent.flatMap((event) => (event.kind === 'poison' ? [] : [event.track]));
    return [...new Set(tracks)].sort();
  }

  /** Where everything landed. Answers what is missing, or is there twice. */
  land(records: readonly (readonly [number, StoredRecord])[]): string[] {
    this.#landed = records.map(([partition, { offset, headers }]) => {
      const number = Number(headers?.[NUMBER_HEADER]?.toString('utf8'));
      return { partition, offset, event: this.#sent[number]! };
    });
    this.#byUser.clear();
    for (const landed of this.#landed) {
      const { event } = landed;
      if (event.kind === 'poison') continue;
      const own = this.#byUser.get(event.user);
      if (own === undefined) this.#byUser.set(event.user, [landed]);
      else own.push(landed);
    }
    const numbers = new Set(
      records.map(([, { headers }]) => headers?.[NUMBER_HEADER]?.toString('utf8')),
    );
    return numbers.size === this.#sent.length && records.length === this.#sent.length
      ? []
      : [`${this.#sent.length} records sent, ${records.length} found, ${numbers.size} different`];
  }

  poison(): (LandedEvent & { readonly event: { readonly reason: string } })[] {
    return this.#landed.flatMap((landed) =>
      landed.event.kind === 'poison' ? [{ ...landed, event: landed.event }] : [],
    );
  }

  /** What a user had heard and not deleted when their partition was read up to `position`. */
  heard(user: string, position = Number.POSITIVE_INFINITY): Heard {
    const heard = new Set<string>();
    const deleted = new Set<string>();
    for (const { offset, event } of this.#byUser.get(user) ?? []) {
      if (offset >= position || event.kind === 'poison') continue;
      (event.kind === 'listen' ? heard : deleted).add(`${event.track} ${event.listenedAt}`);
    }
    const tracks = new Map<string, number[]>();
    for (const id of heard) {
      if (deleted.has(id)) continue;
      const [track, time] = id.split(' ') as [string, string];
      const times = tracks.get(track);
      if (times === undefined) tracks.set(track, [Number(time)]);
      else times.push(Number(time));
    }
    return tracks;
  }

  users(): string[] {
    return [...this.#byUser.keys()];
  }

  truth(): Truth {
    const plays = new Map<string, number>();
    const listeners = new Map<string, number>();
    const tracksOf = new Map<string, number>();
    for (const user of this.users()) {
      const heard = this.heard(user);
      if (heard.size > 0) tracksOf.set(user, heard.size);
      for (const [track, times] of heard) {
        plays.set(`${user} ${track}`, times.length);
        listeners.set(track, (listeners.get(track) ?? 0) + 1);
      }
    }
    const events = this.#sent.flatMap((event) => (event.kind === 'poison' ? [] : [event]));
    const different = (kind: string) =>
      new Set(
        events
          .filter((event) => event.kind === kind)
          .map(({ user, track, listenedAt }) => `${user} ${track} ${listenedAt}`),
      ).size;
    return {
      plays,
      listeners,
      tracksOf,
      listens: [...plays.values()].reduce((sum, count) => sum + count, 0),
      deletions: different('deletion'),
      duplicates: events.length - different('listen') - different('deletion'),
    };
  }
}
