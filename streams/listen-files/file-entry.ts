/** What a file of listens is read into: listens, and refusals with the line where they stand. */
import type { Listen } from '../../schemas/records';
import { REJECTION_REASONS } from '../by-user/rejection-reasons';

/** Refusals of the text itself; those of the listen in it are the reasons of `clean-listen`. */
export const FILE_REASONS = {
  DAMAGED: 'What follows in the file, or in this file of the archive, is damaged or cut short.',
  LINE_TOO_LONG: 'The line (or the JSON document) is longer than is read.',
  NOT_UTF8: 'The line is not UTF-8 text.',
  NOT_JSON: 'The line (or the document) is not JSON.',
  NOT_A_LISTEN: 'The JSON is none of the known shapes of a listen.',
  PLAYING_NOW: 'Notes of what plays now are no listens and are not stored.',
  SINGLE_HAS_MANY: 'A body that says single must hold exactly one listen.',
  NAME_NOT_TEXT: 'A name is not a single text.',
  LISTENED_AT_UNREADABLE: 'The time of the listen is neither Unix seconds nor an ISO 8601 time.',
  COLUMNS_DIFFER: 'The line has another number of columns than the header, or a misplaced quote.',
} as const;

export const REFUSAL_REASONS = { ...REJECTION_REASONS, ...FILE_REASONS };

export type RefusalReason = keyof typeof REFUSAL_REASONS;

export interface Refusal {
  readonly reason: RefusalReason;
  readonly detail: string;
}

interface Position {
  /** 1 for the first line; of a JSON document, the line where it begins; of Parquet, the row. */
  readonly line: number;
  /** The file of an archive where it stands. */
  readonly member?: string;
}

export interface FileListen extends Position {
  readonly user: string;
  readonly listen: Listen;
}

export interface RefusedLine extends Position {
  readonly refusal: Refusal;
}

export type FileEntry = FileListen | RefusedLine;

export function refusal(reason: RefusalReason, detail: string): Refusal {
  return { reason, detail };
}
