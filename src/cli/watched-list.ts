/** Follows the list of one user from version to version, so that the live view can show what moved. */
import type { Clock } from '../clock';
import type { WatchedListener, WatchedTrack } from './render-live-view';

/** A published list, as far as it is shown. */
export interface ShownList {
  readonly user: string;
  readonly kind: string;
  readonly generation: number | undefined;
  /** The newest track the user was heard to play, for people. */
  readonly newestListen: string | undefined;
  readonly tracks: readonly {
    readonly id: string;
    readonly artist: string;
    readonly title: string;
  }[];
}

export class WatchedList {
  private current: ShownList | undefined;
  private tracks: readonly WatchedTrack[] = [];
  private changedMs = 0;

  constructor(private readonly clock: Clock) {}

  /** The list as it is now; looks for moves only when another one came. */
  show(list: ShownList | undefined): WatchedListener | undefined {
    if (list === undefined) return undefined;
    if (this.current === undefined || !isSame(this.current, list)) this.change(list);
    this.current = list;
    const { user, kind, generation, newestListen } = list;
    const changedSecondsAgo = (this.clock.monotonicMs() - this.changedMs) / 1000;
    return { user, kind, generation, newestListen, changedSecondsAgo, tracks: this.tracks };
  }

  private change(list: ShownList): void {
    const isFirst = this.current?.user !== list.user;
    const ranks = new Map(this.current?.tracks.map(({ id }, index) => [id, index + 1]));
    this.tracks = list.tracks.map(({ id, artist, title }, index) => {
      // Of a user not shown before, nothing is new.
      const rankBefore = isFirst ? index + 1 : ranks.get(id);
      return { artist, title, rankBefore };
    });
    this.changedMs = this.clock.monotonicMs();
  }
}

function isSame(one: ShownList, other: ShownList): boolean {
  return (
    one.user === other.user &&
    one.tracks.length === other.tracks.length &&
    one.tracks.every(({ id }, index) => id === other.tracks[index]?.id)
  );
}
