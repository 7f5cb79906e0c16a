/** Writing generations: blocks first, then the manifest, then the decision; and the way back. */
import type { Model } from '../../schemas/records';
import type {
  AtomicStep,
  Broker,
  OutputRecord,
  TransactionalWriter,
} from '../../src/broker/broker';
import type { TopicCodecs } from '../../src/engine/topic-codecs';
import { SegueError } from '../../src/errors';
import type { SegueTopics } from '../topics';
import type { ModelDirectory } from './load-model';
import { blockKey, checksumOf, toBlocks } from './model-codec';
import type { RetrainResult } from './retrain-model';

export interface ModelPublisherOptions {
  readonly broker: Broker;
  readonly topics: SegueTopics;
  readonly codecs: TopicCodecs;
  readonly application: string;
}

/** Generations whose blocks stay, the serving one apart. */
const KEPT_GENERATIONS = 3;
/** Below the largest step, whatever the factor count. */
const STEP_BYTES_MAX = 700_000;

export class ModelPublisher {
  constructor(private readonly options: ModelPublisherOptions) {}

  /** Writes a trained generation and promotes it; a refused one leaves its figures only. Answers the final manifest. */
  async publish(result: RetrainResult, directory: ModelDirectory): Promise<Model> {
    return this.#withWriter(async (writer) => {
      if (result.als === undefined) {
        await this.#write(writer, [this.#manifest(result.manifest)]);
        return result.manifest;
      }
      const { generation, attempt } = result.manifest;
      const blocks = toBlocks(generation, attempt, result.als, result.tracks);
      const codec = this.options.codecs.of(this.options.topics.itemFactors);
      const records = blocks.map((block) => ({
        topic: this.options.topics.itemFactors.name,
        key: Buffer.from(blockKey(generation, block.block)),
        value: codec.encode(block),
      }));
      for (const part of inParts(records, STEP_BYTES_MAX)) await this.#write(writer, part);
      const candidate: Model = {
        ...result.manifest,
        blocks: blocks.length,
        checksum: checksumOf(blocks),
      };
      await this.#write(writer, [this.#manifest(candidate)]);
      const promoted: Model = { ...candidate, state: 'PROMOTED' };
      await this.#write(writer, [
        ...this.#retire(directory, 'SUPERSEDED', `superseded by generation ${generation}`),
        this.#manifest(promoted),
        ...this.#tombstones(directory, promoted),
      ]);
      return promoted;
    });
  }

  /** A request that ended without a model. */
  async publishFailure(manifest: Model): Promise<void> {
    await this.#withWriter((writer) => this.#write(writer, [this.#manifest(manifest)]));
  }

  /** Makes an earlier generation serve again. Throws MODEL_UNKNOWN. */
  async rollBack(directory: ModelDirectory, generation?: number): Promise<Model> {
    const target = rollbackTarget(directory, generation);
    const promoted: Model = { ...target, state: 'PROMOTED' };
    await this.#withWriter((writer) =>
      this.#write(writer, [
        ...this.#retire(directory, 'ROLLED_BACK', `rolled back to generation ${target.generation}`),
        this.#manifest(promoted),
      ]),
    );
    return promoted;
  }

  /** The reigning generation steps down in the same step in which another one is promoted. */
  #retire(directory: ModelDirectory, state: Model['state'], note: string): OutputRecord[] {
    const reigning = directory.promoted;
    return reigning === undefined ? [] : [this.#manifest({ ...reigning, state, note })];
  }

  async #withWriter<T>(work: (writer: TransactionalWriter) => Promise<T>): Promise<T> {
    const { broker, application } = this.options;
    const writer = await broker.takeOver(`${application}-trainer`, application);
    try {
      return await work(writer);
    } finally {
      await writer.close();
    }
  }

  #write(writer: TransactionalWriter, records: readonly OutputRecord[]): Promise<unknown> {
    const step: AtomicStep = { records, positions: [] };
    return writer.commit(step);
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

  /** Blocks of generations that nobody can go back to any more. */
  #tombstones(directory: ModelDirectory, newest: Model): OutputRecord[] {
    const withBlocks = directory.manifests.filter(
      ({ blocks, generation }) => blocks > 0 && generation !== newest.generation,
    );
    const dropped = withBlocks.slice(0, Math.max(0, withBlocks.length - (KEPT_GENERATIONS - 1)));
    return dropped
      .filter((manifest) => manifest !== directory.promoted)
      .flatMap((manifest) => [
        ...Array.from({ length: manifest.blocks }, (_, block) => ({
          topic: this.options.topics.itemFactors.name,
          key: Buffer.from(blockKey(manifest.generation, block)),
          value: null,
        })),
        this.#manifest({
          ...manifest,
          blocks: 0,
          gramian: Buffer.alloc(0),
          user_gramian: Buffer.alloc(0),
        }),
      ]);
  }
}

/** The generation asked for, or the newest usable one before the reigning. */
function rollbackTarget(directory: ModelDirectory, generation: number | undefined): Model {
  const reigning = directory.promoted;
  const usable = directory.manifests.filter(
    ({ blocks, generation: one }) => blocks > 0 && one !== reigning?.generation,
  );
  const target =
    generation === undefined
      ? usable
          .filter((one) => reigning === undefined || one.generation < reigning.generation)
          .at(-1)
      : [...usable, ...(reigning === undefined ? [] : [reigning])].find(
          (one) => one.generation === generation,
        );
  if (target !== undefined) return target;
  const known = usable.map((one) => one.generation).join(', ') || 'none';
  throw new SegueError(
    'MODEL_UNKNOWN',
    `expected a generation whose factors are kept, got ${generation ?? 'none to go back to'}; kept beside the serving one: ${known}`,
  );
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
