/**
 * Names and ids for things that are only numbers inside the simulator. Each depends on the seed and the number
 * alone, so that any of them can be made at any time, and forgotten again.
 */
import { mulberry32, type Random } from '../../src/random';

const SALT = { artist: 0x1b873593, track: 0x2545f491, release: 0x5bd1e995, user: 0x7ed55d16 };
const UUID_SALT = { mbid: 0x3c6ef372, msid: 0x510e527f };
const MBID_SHARE = 0.75;
const RELEASE_SHARE = 0.9;

export interface TrackNames {
  readonly recordingMsid: string;
  readonly recordingMbid: string | null;
  readonly trackName: string;
}

const ADJECTIVES =
  'amber bitter blue broken burning crystal distant electric empty faded fallen gentle golden gray hidden hollow holy iron lonely lost lunar midnight neon pale paper quiet restless royal rusty sacred secret silent silver slow solar stolen velvet violet wandering warm wild winter wooden young'
    .split(' ')
    .map(title);
const NOUNS =
  'anchor angel arrow autumn bird bridge canyon cathedral city comet coyote dancer desert diamond dream ember engine feather fever field fire forest garden ghost harbor heart horizon island lantern letter lion machine mirror moon mountain ocean orchid parade picture pilot radio rain river road satellite season shadow shore signal star stone storm summer swan temple thunder tide tiger tower train valley wave window wolf'
    .split(' ')
    .map(title);
const FIRST_NAMES =
  'Ada Amir Ana Aziza Bela Carla Chen Dario Elif Emeka Farah Finn Greta Hana Hugo Ines Ivo Jonas June Kaito Lena Leo Lucia Mads Maya Milan Mina Nia Noor Olga Omar Pia Quinn Rafael Rosa Sami Selma Tariq Tove Uma Vera Wei Yara Zoe'.split(
    ' ',
  );
const SYLLABLES = 'ba do fe ga hi jo ka li ma ne no pa ra ri sa so ta ti vo ya ze zu'.split(' ');

function pick(random: Random, from: readonly string[]): string {
  return from[random.below(from.length)] as string;
}

function title(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function syllables(random: Random, count: number): string {
  return Array.from({ length: count }, () => pick(random, SYLLABLES)).join('');
}

type Form = (random: Random) => string;

const adjective: Form = (random) => pick(random, ADJECTIVES);
const noun: Form = (random) => pick(random, NOUNS);
const surname: Form = (random) => title(syllables(random, 2 + random.below(2)));

const ARTIST_FORMS: readonly Form[] = [
  (random) => `The ${noun(random)}s`,
  (random) => `${adjective(random)} ${noun(random)}`,
  (random) => `${pick(random, FIRST_NAMES)} ${surname(random)}`,
  (random) => `${surname(random)} & the ${noun(random)}s`,
  (random) => `DJ ${surname(random)}`,
];

const TRACK_FORMS: readonly Form[] = [
  (random) => `${adjective(random)} ${noun(random)}`,
  (random) => `${noun(random)} of the ${noun(random)}`,
  (random) => `My ${adjective(random)} ${noun(random)}`,
  (random) => `${noun(random)} & ${noun(random)}`,
  noun,
  (random) => `${adjective(random)} ${noun(random)} (Live)`,
  (random) => `Under the ${noun(random)}`,
  (random) => `No More ${noun(random)}s`,
];

const DIGITS = Buffer.from('0123456789abcdef');
const DASH = 0x2d;
/** Where the 32 digits of a UUID stand among its dashes. */
const DIGIT_PLACES = Array.from({ length: 32 }, (_, digit) => {
  const dashes = [8, 12, 16, 20].filter((place) => place <= digit).length;
  return digit + dashes;
});

const VERSION_PLACE = 14;
const VARIANT_PLACE = 19;

export class Names {
  private readonly uuidBytes = Buffer.alloc(36, DASH);

  constructor(private readonly seed: number) {}

  artist(artist: number): string {
    const random = this.randomOf('artist', artist);
    return (ARTIST_FORMS[random.below(ARTIST_FORMS.length)] as Form)(random);
  }

  /** `recordingMbid` is null for a quarter of the tracks. */
  track(track: number): TrackNames {
    const random = this.randomOf('track', track);
    const recordingMsid = this.uuid(random, 'msid');
    const recordingMbid = random.next() < MBID_SHARE ? this.uuid(random, 'mbid') : null;
    const trackName = (TRACK_FORMS[random.below(TRACK_FORMS.length)] as Form)(random);
    return { recordingMsid, recordingMbid, trackName };
  }

  /** null for a tenth of the releases. */
  release(release: number): string | null {
    const random = this.randomOf('release', release);
    return random.next() < RELEASE_SHARE ? `${adjective(random)} ${noun(random)}s` : null;
  }

  /** Looks like a name in ListenBrainz; unique, because it ends in the number. */
  user(user: number): string {
    const random = this.randomOf('user', user);
    return `${syllables(random, 2 + random.below(2))}_${user.toString(36)}`;
  }

  /** 122 random bits in the form of a version 4 UUID, lower case. */
  private uuid(random: Random, kind: 'mbid' | 'msid'): string {
    const bytes = this.uuidBytes;
    for (let wordPlace = 0; wordPlace < 4; wordPlace++) {
      // Two tracks can share a stretch of random words; an mbid and an msid must differ all the same.
      const word = (random.next() * 2 ** 32) ^ UUID_SALT[kind];
      for (let digit = 0; digit < 8; digit++)
        bytes[DIGIT_PLACES[wordPlace * 8 + digit] as number] = DIGITS[
          (word >>> (28 - 4 * digit)) & 15
        ] as number;
    }
    bytes[VERSION_PLACE] = DIGITS[4] as number;
    bytes[VARIANT_PLACE] = DIGITS[8 + ((bytes[VARIANT_PLACE] as number) & 3)] as number;
    return bytes.toString('latin1');
  }

  private randomOf(kind: keyof typeof SALT, number: number): Random {
    const random = mulberry32(this.seed ^ SALT[kind] ^ Math.imul(number + 1, 0x9e3779b1));
    random.next();
    return random;
  }
}
