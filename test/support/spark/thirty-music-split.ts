/** The 30Music file with a fifth of each user's pairs held out: what is sent. */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { EvaluationSet } from '../../../src/evaluation/evaluation-set';
import { PROTOCOLS } from '../../../src/evaluation/protocols';
import type { RawListen } from '../oracle/counts';

/** `folder`: of the data set. */
export function loadSplit(folder: string): EvaluationSet {
  return PROTOCOLS['30music-pairs'].load(dirname(folder));
}

/** Known plays as listens. */
export function knownListens({ events, userIds, itemIds }: EvaluationSet): RawListen[] {
  return Array.from(events.times, (seconds, event) => ({
    seconds,
    user: String(userIds[events.users[event]!]),
    track: String(itemIds[events.items[event]!]),
  }));
}

/** Answers the file's path. */
export function writeListens(listens: readonly RawListen[], folder: string): string {
  const path = join(folder, 'listens.tsv');
  const lines = listens.map(({ seconds, user, track }) => `${seconds}\t${user}\t${track}`);
  writeFileSync(path, `ts\tuser_id\tsong_id\n${lines.join('\n')}\n`);
  return path;
}
