/** Writing generations: blocks first, then the manifest, then the decision; and the way back. */
import type { ItemFactorBlock, Model } from '../../schemas/records';
import type {
  AtomicStep,
  Broker,
  OutputRecord,
  TransactionalWriter,
} from '../../src/broker/broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import { SegueError } from '../../src/errors';
import { lastValues, liveKeys } from '../tables';
import type { SegueTopics } from '../topics';
import {
  answerIn,
  isLeftOver,
  keptGenerations,
  nextGeneration,
  noChallenger,
  rollbackTarget,
} from './generation-choices';
import { ModelDirectory } from './load-model';
import { blockKey, checksumOf, parseBlockKey, toBlocks } from './model-codec';
import type { RetrainResult } from './retrain-model';
import { strayRecords } from './stray-records';
import type { WrittenBlocks } from './trainer';

export interface ModelPublisherOptions {
  readonly broker: Broker;
  readonly topics: SegueTopics;
  readonly codecs: TopicCodecs;
  readonly application: string;
}

/** Below the largest step, whatever the factor count. */
const STEP_BYTES_MAX = 700_000;
/** In one step. */
const TOMBSTONES_MAX = 1000;

export class ModelPublisher {
  constructor(private readonly options: ModelPublisherOptions) {}

  /**
   * Writes a trained generation under the next free number and promotes it; a refused one leaves its figures only.
   * Answers the final manifest: that of another trainer where one has answered the same or a later request meanwhile.
   * Blocks that the trainer has written already are not written again.
   */
  publish({ manifest, als, tracks, written }: RetrainResult): Promise<Model> {
    return this.#withWriter(async (writer, directory) => {
      const answer = answerIn(directory, manifest);
      if (answer !== undefined) return answer;
      const numbered = { ...manifest, generation: nextGeneration(directory) };
      if (als === undefined) {
        await this.#write(writer, [this.#manifest(numbered)]);
        return numbered;
      }
      const blocks =
        written === undefined
          ? await this.#writeBlocks(writer, toBlocks(numbered, als, tracks))
          : await this.#foundBlocks(numbered, written);
      const candidate: Model = { ...numbered, ...blocks };
      await this.#write(writer, [this.#manifest(candidate)]);
      return this.#conclude(writer, directory, candidate);
    });
  }

  /** A request that ended without a model. */
  async publishFailure(manifest: Model): Promise<void> {
    await this.#withWriter(async (writer, directory) => {
      if (answerIn(directory, manifest) !== undefined) return;
      const generation = nextGeneration(directory);
      await this.#write(writer, [this.#manifest({ ...manifest, generation })]);
    });
  }

  /**
   * Promotes the newest generation where a trainer died between its last two steps: a candidate of ours has passed its
   * comparison, and its blocks are written. Answers it, or undefined where there is none.
   */
  finishLeftOver(): Promise<Model | undefined> {
    return this.#withWriter(async (writer, directory) => {
      const newest = directory.manifests.at(-1);
      if (!isLeftOver(newest)) return undefined;
      return this.#conclude(writer, directory, newest);
    });
  }

  /** Makes the challenger serve everybody. Throws MODEL_UNKNOWN. */
  promoteChallenger(): Promise<Model> {
    return this.#withWriter(async (writer, directory) => {
      const { challenger } = directory;
      if (challenger === undefined) throw noChallenger();
      return this.#promote(writer, directory, challenger);
    });
  }

  /**
   * Makes an earlier generation serve again; without a number, where there is a challenger, ends that one and answers
   * what goes on serving. Throws MODEL_UNKNOWN.
   */
  rollBack(generation?: number): Promise<Model> {
    return this.#withWriter(async (writer, directory) => {
      const { challenger, promoted: reigning } = directory;
      if (generation === undefined && challenger !== undefined && reigning !== undefined) {
        const note = `rolled back, generation ${reigning.generation} serves everybody`;
        await this.#write(writer, [this.#manifest({ ...challenger, state: 'ROLLED_BACK', note })]);
        return reigning;
      }
      const target = rollbackTarget(directory, generation);
      const promoted: Model = { ...target, state: 'PROMOTED' };
      await this.#write(writer, [
        ...this.#retire(directory, 'ROLLED_BACK', `rolled back to generation ${target.generation}`),
        this.#manifest(promoted),
      ]);
      return promoted;
    });
  }

  /** A candidate becomes the challenger where it is to be one and somebody reigns, else it is promoted. */
  async #conclude(
    writer: TransactionalWriter,
    directory: ModelDirectory,
    candidate: Model,
  ): Promise<Model> {
    if (candidate.challenger_share === 0 || directory.promoted === undefined)
      return this.#promote(writer, directory, candidate);
    const challenger: Model = { ...candidate, state: 'CHALLENGER' };
    await this.#write(writer, [
      ...this.#retireChallenger(directory, candidate),
      this.#manifest(challenger),
    ]);
    return challenger;
  }

  #retireChallenger({ challenger }: ModelDirectory, next: Model): OutputRecord[] {
    if (challenger === undefined || challenger.generation === next.generation) return [];
    const note = `superseded by generation ${next.generation}`;
    return [this.#manifest({ ...challenger, state: 'SUPERSEDED', note })];
  }

  async #promote(
    writer: TransactionalWriter,
    directory: ModelDirectory,
    candidate: Model,
  ): Promise<Model> {
    const promoted: Model = { ...candidate, state: 'PROMOTED' };
    const note = `superseded by generation ${candidate.generation}`;
    await this.#write(writer, [
      ...this.#retire(directory, 'SUPERSEDED', note),
      ...this.#retireChallenger(directory, candidate),
      this.#manifest(promoted),
      ...this.#forgotten(directory, promoted),
    ]);
    await this.#dropStrays(writer, directory, promoted);
    return promoted;
  }

  /** The reigning generation steps down in the same step in which another one is promoted. */
  #retire(directory: ModelDirectory, state: Model['state'], note: string): OutputRecord[] {
    const reigning = directory.promoted;
    return reigning === undefined ? [] : [this.#manifest({ ...reigning, state, note })];
  }

  /**
   * The directory is read behind the take-over: nobody else can add to it any more, so a number is never given twice
   * and a decision never rests on an old state.
   */
  async #withWriter<T>(
    work: (writer: TransactionalWriter, directory: ModelDirectory) => Promise<T>,
  ): Promise<T> {
    const { broker, application, topics } = this.options;
    const writer = await broker.takeOver(`${application}-trainer`, application);
    try {
      const directory = new ModelDirectory();
      for (const [key, manifest] of await lastValues(this.options, topics.models))
        directory.apply(key, manifest);
      return await work(writer, directory);
    } finally {
      await writer.close();
    }
  }

  #write(writer: TransactionalWriter, records: readonly OutputRecord[]): Promise<unknown> {
    const step: AtomicStep = { records, positions: [] };
    return writer.commit(step);
  }

  async #writeBlocks(
    writer: TransactionalWriter,
    blocks: readonly ItemFactorBlock[],
  ): Promise<WrittenBlocks> {
    const { topics, codecs } = this.options;
    const codec = codecs.of(topics.itemFactors);
    const records = blocks.map((block) => ({
      topic: topics.itemFactors.name,
      key: Buffer.from(blockKey(block, block.block)),
      value: codec.encode(block),
    }));
    for (const part of inParts(records, STEP_BYTES_MAX)) await this.#write(writer, part);
    return { blocks: blocks.length, checksum: checksumOf(blocks) };
  }

  /** Their trainer has compared them byte by byte; since then another one may have taken them for strays. */
  async #foundBlocks({ attempt }: Model, written: WrittenBlocks): Promise<WrittenBlocks> {
    const keys = await liveKeys(this.options, this.options.topics.itemFactors.name);
    const found = keys.filter((key) => parseBlockKey(key)?.attempt === attempt).length;
    if (found === written.blocks) return written;
    throw new SegueError(
      'MODEL_UNUSABLE',
      `expected ${written.blocks} blocks of attempt ${attempt}, found ${found}; it is not promoted, ask for another retrain`,
    );
  }

  #manifest(manifest: Model): OutputRecord {
    const { topics, codecs } = this.options;
    return {
      topic: topics.models.name,
      partition: 0,
      key: Buffer.from(String(manifest.generation)),
      value: codecs.of(topics.models).encode(manifest),
    };
  }

  /** Manifests of generations that nobody can go back to any more: their blocks are strays from now on. */
  #forgotten(directory: ModelDirectory, newest: Model): OutputRecord[] {
    const kept = new Set(keptGenerations(directory, newest).map(({ generation }) => generation));
    return directory.manifests
      .filter(({ blocks, generation }) => blocks > 0 && !kept.has(generation))
      .map((manifest) =>
        this.#manifest({
          ...manifest,
          blocks: 0,
          gramian: Buffer.alloc(0),
          user_gramian: Buffer.alloc(0),
        }),
      );
  }

  async #dropStrays(
    writer: TransactionalWriter,
    directory: ModelDirectory,
    newest: Model,
  ): Promise<void> {
    const tombstones = await strayRecords(this.options, newest, keptGenerations(directory, newest));
    for (let from = 0; from < tombstones.length; from += TOMBSTONES_MAX)
      await this.#write(writer, tombstones.slice(from, from + TOMBSTONES_MAX));
  }
}

function inParts(records: readonly OutputRecord[], bytesMax: number): OutputRecord[][] {
  const parts: OutputRecord[][] = [[]];
  let bytes = 0;
  for (const record of records) {
    const size = record.value?.length ?? 0;
    if (bytes > 0 && bytes + size > bytesMax) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)!.push(record);
    bytes += size;
  }
  return parts;
}
