/** Records on the models' topics that nobody can use any more, as tombstones. */
import type { Model } from '../../schemas/records';
import type { Broker, OutputRecord } from '../../src/broker/broker';
import { liveKeys } from '../tables';
import type { SegueTopics } from '../topics';
import { parseBlockKey } from './model-codec';
import { generationOfAddition } from './new-tracks';

export interface StrayPlaces {
  readonly broker: Broker;
  readonly topics: SegueTopics;
}

/**
 * Blocks that no kept manifest names: of generations now forgotten, and of runs that failed or were killed half-way;
 * and the additions of generations now forgotten. What is meant for a generation to come is left alone, since somebody
 * may be writing it.
 */
export async function strayRecords(
  places: StrayPlaces,
  newest: Model,
  kept: readonly Model[],
): Promise<OutputRecord[]> {
  const { itemFactors, itemAdditions } = places.topics;
  const attempts = new Set(kept.map(({ attempt }) => attempt));
  const generations = new Set(kept.map(({ generation }) => generation));
  const isStrayBlock = (key: string): boolean => {
    const block = parseBlockKey(key);
    const isOld = block !== undefined && block.generation < newest.generation;
    return isOld && !attempts.has(block.attempt);
  };
  const isStrayAddition = (key: string): boolean => {
    const generation = generationOfAddition(key);
    return generation < newest.generation && !generations.has(generation);
  };
  return [
    ...(await tombstones(places, itemFactors.name, isStrayBlock)),
    ...(await tombstones(places, itemAdditions.name, isStrayAddition)),
  ];
}

async function tombstones(
  places: StrayPlaces,
  topic: string,
  isStray: (key: string) => boolean,
): Promise<OutputRecord[]> {
  const keys = (await liveKeys(places, topic)).filter(isStray);
  return keys.map((key) => ({ topic, key: Buffer.from(key), value: null }));
}
