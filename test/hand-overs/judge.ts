/** What a campaign must have left: every sampled list recomputed, everybody's last list, every count. */

import { lastValues } from '../../streams/tables';
import { ListChecker } from '../simulation/check-lists';
import { differentCounts, few } from '../simulation/differences';
import type { PlacedRecord } from '../simulation/observed';
import type { OracleModel } from '../support/oracle/lists';
import { readTopic } from '../support/read-topic';
import type { Stage } from './stage';
import type { ListWatch } from './watch-lists';

export async function differences(
  stage: Stage,
  watch: ListWatch,
  models: ReadonlyMap<string, OracleModel>,
): Promise<string[]> {
  const { administration, places, ledger } = stage;
  const landed: PlacedRecord[] = [];
  await readTopic(places.broker, administration.topics.listens.name, (record, partition) => {
    landed.push([partition, record]);
  });
  const landing = ledger.land(landed);
  const manifests = await lastValues(administration, administration.topics.models);
  const checker = new ListChecker({
    published: [...watch.sample, ...watch.last.values()],
    manifests,
    models,
    additions: watch.additions,
    ledger,
  });
  const lost = [
    ...few(watch.lost).map((user) => `${user} had a list, and then none`),
    ...few(watch.without).map((user) => `${user} has no list in the end`),
  ];
  return [
    ...landing,
    ...lost,
    ...checker.differences(),
    ...checker.finalDifferences(),
    ...(await countDifferences(stage)),
  ];
}

async function countDifferences({ administration, ledger }: Stage): Promise<string[]> {
  const truth = ledger.truth();
  const { topics } = administration;
  const plays = new Map<string, number>();
  for (const [key, history] of await lastValues(administration, topics.histories)) {
    const [user, track, chunk] = key.split('\0');
    if (chunk === undefined && history.plays > 0) plays.set(`${user} ${track}`, history.plays);
  }
  const listeners = [...(await lastValues(administration, topics.listenerCounts))].map(
    ([track, count]) => [track, count.listeners] as const,
  );
  return [
    ...differentCounts('plays', plays, truth.plays),
    ...differentCounts('unique listeners', new Map(listeners), truth.listeners),
  ];
}
