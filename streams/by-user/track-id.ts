/**
 * The id of a track: recording_mbid, else recording_msid, else one made of its names, so that a listen
 * without any id still counts for the same track as every other listen with these names.
 */
import { parse, v5 } from 'uuid';

/** Names of tracks (RFC 4122 section 4.3). Never to be changed: stored histories hold ids made with it. */
const NAMES_SPACE = parse('5f1b7a54-0c7e-4d36-9d0a-9a3f6b1c2e80');

/** Ids of other catalogues, such as the integers of research data sets. Never to be changed. */
const FOREIGN_IDS_SPACE = parse('c0a7c1de-6a55-4c0f-8f0e-2d1c4b7e9a31');

/** Cannot occur in a name: `clean-listen` rejects names that have it. */
const SEPARATOR = '\0';

const UUID_FORM = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the canonical 36-character form in either case, of any version. */
export function isUuid(text: string): boolean {
  return text.length === 36 && UUID_FORM.test(text);
}

export interface TrackNames {
  readonly artistName: string;
  readonly trackName: string;
  /** Empty where unknown. */
  readonly releaseName: string;
}

/** Name-based UUID (version 5) of the trimmed, case-folded names. */
export function trackIdOfNames({ artistName, trackName, releaseName }: TrackNames): string {
  return v5([artistName, trackName, releaseName].map(folded).join(SEPARATOR), NAMES_SPACE);
}

/** Name-based UUID (version 5) of an id that is not a UUID. */
export function trackIdOfForeignId(id: string): string {
  return v5(id, FOREIGN_IDS_SPACE);
}

const ASCII = /^[\t-\r -~]*$/;

/** One spelling for composed and decomposed characters; lower-casing can decompose, so it comes in between. */
function folded(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase().trim();
  return name.normalize('NFC').toLowerCase().normalize('NFC').trim();
}
