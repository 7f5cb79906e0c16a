/**
 * Follows the models topic in every process: loads a candidate's blocks beside the generation that serves, and
 * switches in one assignment when the promotion is there and the blocks are complete and right.
 */
import type {
  ItemAddition,
  ItemFactorBlock,
  Model,
  NewTrack,
  PopularTracks,
  RetrainRequest,
} from '../../schemas/records';
import type { Broker } from '../../src/broker/broker';
import { type Clock, sleep } from '../../src/clock';
import type { GlobalProcessor, GlobalRecord } from '../../src/engine/processor';
import { SegueError } from '../../src/errors';
import type { Logger } from '../../src/logger';
import type { Codec } from '../../src/schema-registry/schema-registry';
import type { Meter } from '../../src/telemetry/meter';
import type { SegueTopics } from '../topics';
import { fromBlocks, parseBlockKey } from './model-codec';
import { NewTracks } from './new-tracks';
import type { PopularList } from './popular-list';
import type { RetrainRequests } from './retrain-requests';
import { ServingModel } from './serving-model';
import { showCandidate, showModel } from './show-model';
import { type Challenger, isChallenged } from './user-shares';

/** All manifests by generation, and which generation is promoted. */
export class ModelDirectory {
  readonly #manifests = new Map<number, Model>();
  #promoted: number | undefined;

  get manifests(): readonly Model[] {
    return [...this.#manifests.values()].sort((a, b) => a.generation - b.generation);
  }

  manifest(generation: number): Model | undefined {
    return this.#manifests.get(generation);
  }

  /** The generation that should serve. */
  get promoted(): Model | undefined {
    return this.#promoted === undefined ? undefined : this.#manifests.get(this.#promoted);
  }

  /** The generation that serves a share of the users beside it. */
  get challenger(): Model | undefined {
    return this.manifests.filter(({ state }) => state === 'CHALLENGER').at(-1);
  }

  apply(key: string, manifest: Model | null): void {
    const generation = Number(key);
    if (manifest === null) {
      this.#manifests.delete(generation);
      return;
    }
    this.#manifests.set(generation, manifest);
    if (manifest.state === 'PROMOTED') this.#promoted = generation;
    else if (this.#promoted === generation && manifest.state !== 'CANDIDATE')
      this.#promoted = undefined;
  }
}

export interface ModelLoaderOptions {
  readonly topics: SegueTopics;
  readonly broker: Broker;
  readonly codec: () => Codec<ItemFactorBlock>;
  readonly meter: Meter;
  readonly logger: Logger;
  readonly clock: Clock;
  /** After a switch. */
  readonly onSwitch: (model: ServingModel) => void;
}

const RETRY_MS = 1000;

/** Holds what serves. Two models are in memory at most, three while a challenger serves a share of the users. */
export class ModelLoader {
  readonly directory = new ModelDirectory();
  readonly newTracks = new NewTracks();
  #serving: ServingModel | undefined;
  #challenger: ServingModel | undefined;
  #loaded: ServingModel | undefined;
  #loading: Promise<void> | undefined;
  #broken: number | undefined;

  constructor(private readonly options: ModelLoaderOptions) {}

  get serving(): ServingModel | undefined {
    return this.#serving;
  }

  /** Serves its share of the users, where there is one. */
  get challenger(): Challenger | undefined {
    const manifest = this.directory.challenger;
    return manifest === undefined || manifest.generation !== this.#challenger?.generation
      ? undefined
      : { generation: manifest.generation, share: manifest.challenger_share };
  }

  /** The model that a user's list is made with. */
  modelFor(user: string): ServingModel | undefined {
    const { challenger } = this;
    return challenger !== undefined && isChallenged(user, challenger)
      ? this.#challenger
      : this.#serving;
  }

  /** True where a switch to the generation would take no time. */
  hasLoaded(generation: number): boolean {
    return this.#loaded?.generation === generation || this.#serving?.generation === generation;
  }

  /** True while the promoted generation is not the one that serves. */
  isSwitching(): boolean {
    const { promoted, challenger } = this.directory;
    const isMissing = (wanted: Model | undefined, held: ServingModel | undefined) =>
      wanted !== undefined &&
      wanted.generation !== held?.generation &&
      wanted.generation !== this.#broken;
    return isMissing(promoted, this.#serving) || isMissing(challenger, this.#challenger);
  }

  /** The directory changed: show it, load what is wanted, switch if it is there. */
  update(): void {
    showCandidate(this.options.meter, this.directory.manifests);
    this.#endChallenge();

    const wanted = this.#wanted();
    if (wanted === undefined || this.#loading !== undefined) return;
    const held = [this.#loaded, this.#challenger].find(
      (model) => model?.generation === wanted.generation,
    );
    if (held !== undefined) {
      if (wanted.state === 'CANDIDATE') return;
      if (wanted.state === 'PROMOTED') this.#switch(held);
      else this.#challenge(held);
      // What serves is there; there may be something else to load now.
      this.update();
      return;
    }
    this.#loading = this.#load(wanted).finally(() => {
      this.#loading = undefined;
      this.update();
    });
  }

  /** A promotion first, else a candidate newer than what serves. */
  #wanted(): Model | undefined {
    const { promoted, manifests } = this.directory;
    const unloaded = (manifest: Model | undefined) =>
      manifest !== undefined &&
      manifest.generation !== this.#serving?.generation &&
      manifest.generation !== this.#broken;
    if (unloaded(promoted)) return promoted;
    const { challenger } = this.directory;
    if (unloaded(challenger) && challenger?.generation !== this.#challenger?.generation)
      return challenger;
    const newest = manifests.at(-1);
    return newest?.state === 'CANDIDATE' && unloaded(newest) ? newest : undefined;
  }

  async #load(manifest: Model): Promise<void> {
    try {
      const blocks = await readBlocks(this.options, manifest);
      const { als, tracks } = fromBlocks(manifest, blocks);
      this.#loaded = await ServingModel.build(manifest.generation, als, tracks);
    } catch (error) {
      await this.#failed(manifest, error);
    }
  }

  /** A broker or registry that does not answer is asked again; a model that is not right stays so. */
  async #failed({ generation }: Model, error: unknown): Promise<void> {
    const { logger, clock } = this.options;
    const message = `generation ${generation} cannot be loaded: ${(error as Error).message}`;
    if (error instanceof SegueError && error.retriable) {
      logger.warn(`${message}; trying again`);
      await sleep(clock, RETRY_MS);
      return;
    }
    this.#broken = generation;
    logger.error(message, { error });
  }

  /** What came to the topic of additions is part of the model from now on. */
  takeAdditions(): void {
    const model = this.#serving;
    if (model === undefined) return;
    takeAll(model, this.newTracks);
    this.options.meter.set('segue_model_additions', {}, model.tracks.length - model.trainedItems);
  }

  #challenge(model: ServingModel): void {
    takeAll(model, this.newTracks);
    this.#challenger = model;
    this.#loaded = undefined;
    const { generation, share } = this.challenger!;
    this.options.logger.info(`generation ${generation} serves ${share * 100} % of the users`);
    this.options.onSwitch(model);
  }

  /** It serves nobody any more: its users go back to the promoted generation. */
  #endChallenge(): void {
    const { promoted, challenger } = this.directory;
    const held = this.#challenger?.generation;
    // One that is promoted is kept until it has switched.
    if (held === undefined || held === challenger?.generation || held === promoted?.generation)
      return;
    this.#challenger = undefined;
    this.options.onSwitch(this.#serving!);
  }

  #switch(model: ServingModel): void {
    takeAll(model, this.newTracks);
    this.#serving = model;
    this.#loaded = undefined;
    if (this.#challenger === model) this.#challenger = undefined;
    const { meter, logger, onSwitch } = this.options;
    showModel(meter, model, this.directory.manifest(model.generation));
    meter.count('segue_hand_overs_total', {});
    logger.info(`generation ${model.generation} serves: ${model.tracks.length} tracks`);
    onSwitch(model);
  }
}

function takeAll(model: ServingModel, newTracks: NewTracks): void {
  for (const addition of newTracks.additionsOf(model.generation)) model.take(addition);
}

const FETCH = { waitMsMax: 1000, bytesMaxPerPartition: 4 * 1024 * 1024 } as const;

/** The blocks of one attempt, whatever generation it was meant for, by number; a record written twice counts once, the last one. */
export async function readBlocks(
  { broker, topics, codec }: Pick<ModelLoaderOptions, 'broker' | 'topics' | 'codec'>,
  { attempt }: Pick<Model, 'attempt'>,
): Promise<Map<number, ItemFactorBlock>> {
  const blocks = new Map<number, ItemFactorBlock>();
  const topic = topics.itemFactors.name;
  const ranges = await broker.ranges(topic);
  const ends = new Map(ranges.map(({ partition, end }) => [partition, end]));
  let positions = ranges
    .filter(({ start, end }) => start < end)
    .map(({ partition, start }) => ({ topic, partition, offset: start }));
  while (positions.length > 0) {
    const next = new Map(positions.map((position) => [position.partition, position.offset]));
    for (const batch of await broker.fetch(positions, FETCH)) {
      next.set(batch.partition, batch.nextOffset);
      const own = batch.records.filter(({ key }) => blockOf(key)?.attempt === attempt);
      await codec().learn(own.map(({ value }) => value));
      for (const { key, value } of own) {
        const number = blockOf(key)!.block;
        if (value === null) blocks.delete(number);
        else blocks.set(number, codec().decode(value));
      }
    }
    positions = [...next]
      .filter(([partition, offset]) => offset < ends.get(partition)!)
      .map(([partition, offset]) => ({ topic, partition, offset }));
  }
  return blocks;
}

const blockOf = (key: Buffer | null) => parseBlockKey(key?.toString('utf8') ?? '');

export interface ModelHolders {
  readonly loader: ModelLoader;
  readonly popular: PopularList;
  readonly requests: RetrainRequests;
}

/** The global processor: tells models, additions, popular tracks and requests to those who hold them. */
export function loadModel(
  topics: SegueTopics,
  { loader, popular, requests }: ModelHolders,
): GlobalProcessor {
  return {
    name: 'load-model',
    process: ({ topic, key, value, offset }: GlobalRecord) => {
      if (topic === topics.popularTracks.name) popular.update(key, value as PopularTracks | null);
      else if (topic === topics.retrainRequests.name) requests.add(offset, value as RetrainRequest);
      else if (topic === topics.newTracks.name)
        loader.newTracks.applyQuestion(key, value as NewTrack | null);
      else if (topic === topics.itemAdditions.name) {
        loader.newTracks.applyAddition(key, value as ItemAddition | null, offset);
        loader.takeAdditions();
      } else {
        loader.directory.apply(key, value as Model | null);
        loader.update();
      }
    },
  };
}
