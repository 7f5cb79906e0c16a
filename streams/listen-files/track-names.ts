/**
 * Artist and title of tracks by their msid, for listens that come without names, such as the study's interactions: its
 * tracks are a table of their own. As bytes in large blocks, some sixty a track, instead of several hundred as texts.
 */
import { SegueError } from '../../src/errors';
import { UuidMap } from './uuid-map';

export interface NamesOfTrack {
  readonly artist: string;
  readonly title: string;
}

const BLOCK_BYTES = 2 ** 24;
/** 2 GiB of names. */
const BLOCKS_MAX = 128;
const NUL = 0;
/** Longer names are cut: nothing is told apart by them. */
const NAME_LENGTH_MAX = 1000;

export class TrackNames {
  readonly #places = new UuidMap();
  readonly #blocks: Buffer[] = [];
  #end = BLOCK_BYTES;

  constructor(private readonly blocksMax: number = BLOCKS_MAX) {}

  get size(): number {
    return this.#places.size;
  }

  /** The first names of a track count. Throws MEMORY_EXCEEDED. */
  add(msid: string, { artist, title }: NamesOfTrack): void {
    if (this.#places.getNumber(msid) !== undefined) return;
    const text = `${clean(artist)}\0${clean(title)}\0`;
    if (this.#end + Buffer.byteLength(text) > BLOCK_BYTES) this.#beginBlock();
    const place = (this.#blocks.length - 1) * BLOCK_BYTES + this.#end;
    this.#end += this.#blocks.at(-1)!.write(text, this.#end);
    this.#places.setNumber(msid, place);
  }

  get(msid: string): NamesOfTrack | undefined {
    const place = this.#places.getNumber(msid);
    if (place === undefined) return undefined;
    const block = this.#blocks[Math.floor(place / BLOCK_BYTES)]!;
    const from = place % BLOCK_BYTES;
    const middle = block.indexOf(NUL, from);
    const end = block.indexOf(NUL, middle + 1);
    return {
      artist: block.toString('utf8', from, middle),
      title: block.toString('utf8', middle + 1, end),
    };
  }

  #beginBlock(): void {
    if (this.#blocks.length === this.blocksMax)
      throw new SegueError(
        'MEMORY_EXCEEDED',
        `expected names of at most ${this.blocksMax * BLOCK_BYTES} bytes; ` +
          'leave out the rows of tracks that the files do not have',
      );
    this.#blocks.push(Buffer.alloc(BLOCK_BYTES));
    this.#end = 0;
  }
}

function clean(name: string): string {
  return name.slice(0, NAME_LENGTH_MAX).replaceAll('\0', '');
}
