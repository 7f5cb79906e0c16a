/** Models in the middle of a campaign: random factors over the tracks of the moment, promoted or rolled back. */

import { allocateFactors } from '../../src/als/factor-rows';
import { computeGramian } from '../../src/als/gramian';
import { hkvRule } from '../../src/als/rule';
import { Administration } from '../../src/app/administration';
import type { VirtualSystem } from '../../src/app/virtual-system';
import { normal, type Random } from '../../src/random';
import { doubleBytes, ruleToRecord } from '../../streams/model/model-codec';
import { ModelPublisher } from '../../streams/model/publish-model';
import type { OracleModel } from '../support/oracle/lists';
import { manifest } from '../support/stream-samples';

const FACTORS = 4;

export class HandOvers {
  /** By attempt, which the manifest names; a generation's number is given where it is written. */
  readonly models = new Map<string, OracleModel>();
  #requests = 0;

  private constructor(
    readonly administration: Administration,
    private readonly publisher: ModelPublisher,
    private readonly random: Random,
  ) {}

  static async open(system: VirtualSystem, random: Random): Promise<HandOvers> {
    const administration = await system.run(
      Administration.open({ ...system, registry: system.registry }),
    );
    const { topics, codecs } = administration;
    const { broker } = system;
    const { application } = system.settings;
    const publisher = new ModelPublisher({ broker, topics, codecs, application });
    return new HandOvers(administration, publisher, random);
  }

  /** A new generation over some of these tracks. Throws where the publisher's commits are among those that fail. */
  async promote(tracks: readonly string[]): Promise<void> {
    const { random } = this;
    const trackIds = tracks.filter(() => random.next() < 0.8);
    if (trackIds.length === 0) return;
    const tunable = { alpha: 1 + random.below(5), lambda: 0.5 + random.below(4) };
    const rule = hkvRule({ factorCount: FACTORS, ...tunable });
    const itemFactors = allocateFactors(trackIds.length, FACTORS);
    for (let at = 0; at < trackIds.length * FACTORS; at++)
      itemFactors.values[at] = Math.fround(normal(random));
    this.#requests += 1;
    const attempt = `attempt ${this.#requests}`;
    const factors = itemFactors.values.slice(0, trackIds.length * FACTORS);
    this.models.set(attempt, { factorCount: FACTORS, nu: 0, ...tunable, factors, trackIds });
    const als = { rule, itemFactors, itemGramian: computeGramian(itemFactors) };
    await this.publisher.publish({
      manifest: manifest(0, {
        state: 'CANDIDATE',
        attempt,
        request_offset: this.#requests,
        rule: ruleToRecord(rule),
        items: trackIds.length,
        blocks: 0,
        gramian: doubleBytes(als.itemGramian),
        user_gramian: doubleBytes(als.itemGramian),
        users: trackIds.length,
      }),
      als,
      tracks: trackIds.map((trackId) => ({ trackId, artistName: 'artist', trackName: trackId })),
    });
  }

  async rollBack(): Promise<void> {
    await this.publisher.rollBack();
  }
}
