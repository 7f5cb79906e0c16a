/**
 * Live quality computed anew from the topics alone: for each first listen of a track, was it on the list that the user
 * had. The list a listen met is the user's last one whose position is not beyond the listen: a list is published behind
 * all listens up to its position, and before all others. Shares no code with the processors.
 */
import type { Listen, Recommendations } from '../../../schemas/records';
import type { Administration } from '../../../src/app/administration';
import type { Topic } from '../../../src/engine/topology';
import { readTable, tableEnds } from '../../../streams/tables';

/** By `judged/generation`, as the series are labelled. */
export type Quality = Readonly<
  Record<
    string,
    { trials: number; hits10: number; hits20: number; hits100: number; reciprocal: number }
  >
>;

interface Published {
  readonly position: number;
  readonly list: Recommendations;
}

export async function replayQuality(administration: Administration): Promise<Quality> {
  const { topics } = administration;
  const lists = new Map<string, Published[]>();
  await readTopic(administration, topics.recommendations, (user, list) => {
    if (!lists.has(user)) lists.set(user, []);
    lists.get(user)!.push({ position: list.position, list });
  });
  const heard = new Set<string>();
  const quality: Record<string, Quality[string]> = {};
  await readTopic(administration, topics.listens, (user, listen, offset) => {
    const track = trackOf(listen);
    if (heard.has(`${user}\0${track}`)) return;
    heard.add(`${user}\0${track}`);
    const met = lists.get(user)?.findLast(({ position }) => position <= offset)?.list;
    if (met !== undefined) judge(quality, met, track);
  });
  return rounded(quality);
}

/** Sums of fractions depend a little on their order. */
export function rounded(quality: Quality): Quality {
  const names = Object.keys(quality).sort();
  return Object.fromEntries(
    names.map((name) => [
      name,
      { ...quality[name]!, reciprocal: Number(quality[name]!.reciprocal.toFixed(6)) },
    ]),
  );
}

/** Every committed record that is still there, in order within each partition. */
async function readTopic<T>(
  administration: Administration,
  topic: Topic<T>,
  visit: (key: string, value: T, offset: number) => void,
): Promise<void> {
  const ends = await tableEnds(administration, topic.name);
  await readTable(administration, topic, ends, (key, value, offset) => {
    if (value !== null) visit(key, value, offset);
  });
}

function trackOf({ recording_mbid, recording_msid }: Listen): string {
  return recording_mbid ?? recording_msid!;
}

function judge(
  quality: Record<string, Quality[string]>,
  list: Recommendations,
  track: string,
): void {
  const judged = list.kind === 'PERSONAL' ? 'personal' : 'popular-alone';
  const name = `${judged}/${list.generation ?? 'none'}`;
  quality[name] ??= { trials: 0, hits10: 0, hits20: 0, hits100: 0, reciprocal: 0 };
  const figures = quality[name];
  figures.trials += 1;
  const rank = list.tracks.findIndex(({ track_id }) => track_id === track) + 1;
  if (rank === 0) return;
  if (rank <= 10) figures.hits10 += 1;
  if (rank <= 20) figures.hits20 += 1;
  if (rank <= 100) figures.hits100 += 1;
  figures.reciprocal += 1 / rank;
}
