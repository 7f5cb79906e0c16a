/** Interaction tables from plays, in whatever order these come. */
import type { InteractionTable } from '../../src/study/interaction-table';

export interface TimedPlay {
  readonly user: string;
  readonly item: string;
  readonly time: number;
}

export function tableOf(
  plays: readonly TimedPlay[],
  artistOf: (item: string) => string = () => '',
): InteractionTable {
  const userIds = [...new Set(plays.map(({ user }) => user))].sort();
  const items = [...new Set(plays.map(({ item }) => item))].sort();
  const itemOf = new Map(items.map((id, item) => [id, item]));
  const rows = new Map(userIds.map((user) => [user, new Map<number, number[]>()]));
  for (const { user, item, time } of plays) {
    const row = rows.get(user)!;
    row.set(itemOf.get(item)!, [...(row.get(itemOf.get(item)!) ?? []), time]);
  }
  const columns = {
    userStarts: [0],
    pairItems: [] as number[],
    playStarts: [0],
    times: [] as number[],
  };
  for (const user of userIds) {
    for (const [item, times] of [...rows.get(user)!].sort((a, b) => a[0] - b[0])) {
      columns.pairItems.push(item);
      columns.times.push(...times.sort((a, b) => a - b));
      columns.playStarts.push(columns.times.length);
    }
    columns.userStarts.push(columns.pairItems.length);
  }
  return {
    userIds,
    items: items.map((id) => ({ id, artist: artistOf(id), title: id })),
    userStarts: Uint32Array.from(columns.userStarts),
    pairItems: Int32Array.from(columns.pairItems),
    playStarts: Uint32Array.from(columns.playStarts),
    times: Uint32Array.from(columns.times),
  };
}
