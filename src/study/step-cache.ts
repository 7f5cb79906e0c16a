/**
 * Results of steps by what they were made from: a step's folder is named by a hash of its name, its settings and the
 * keys of the steps before it, so that a repeated run finds them, and a changed setting makes anew only what depends
 * on it. A folder appears whole or not at all.
 */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** JSON, and columns of numbers. */
export interface StepResult<R> {
  readonly json: R;
  readonly arrays?: Readonly<Record<string, StoredArray>>;
}

export type StoredArray = Float64Array | Float32Array | Int32Array | Uint32Array;

export interface Step<R> {
  readonly name: string;
  /** All that the result depends on, beside the inputs. */
  readonly settings: unknown;
  /** Keys of the steps whose results this one takes. */
  readonly inputs: readonly string[];
  /** `folder`: for files of its own, kept with the result; of an unfinished run, where there was one. */
  readonly run: (folder: string) => Promise<StepResult<R>>;
  /** Whether a run that failed so has left something in its folder that the next one goes on with; never unless given. */
  readonly isUnfinished?: (error: unknown) => boolean;
}

export interface CachedStep<R> {
  readonly key: string;
  readonly folder: string;
  readonly json: R;
  readonly wasCached: boolean;
  array<A extends StoredArray>(name: string, kind: ArrayKind<A>): Promise<A>;
}

interface ArrayKind<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBuffer): A;
}

/** Raised where the meaning of a result changes: results of before are then left alone. */
const VERSION = 2;
const RESULT_FILE = 'result.json';

export class StepCache {
  constructor(private readonly root: string) {}

  /** `isFresh`: run it also where a result is there. */
  async step<R>(step: Step<R>, isFresh = false): Promise<CachedStep<R>> {
    const key = keyOf(step);
    const folder = join(this.root, `${step.name}-${key.slice(0, 16)}`);
    const wasCached = !isFresh && existsSync(join(folder, RESULT_FILE));
    if (!wasCached) await this.#make(step, folder, isFresh);
    return {
      key,
      folder,
      wasCached,
      json: JSON.parse(await readFile(join(folder, RESULT_FILE), 'utf8')) as R,
      array: (name, kind) => readArray(join(folder, `${name}.bin`), kind),
    };
  }

  async #make<R>(step: Step<R>, folder: string, isFresh: boolean): Promise<void> {
    await mkdir(this.root, { recursive: true });
    const unfinished = join(this.root, `.${basename(folder)}`);
    if (isFresh) await rm(unfinished, { recursive: true, force: true });
    const making = await this.#folderOf(step.name, unfinished);
    try {
      const { json, arrays = {} } = await step.run(making);
      for (const [name, values] of Object.entries(arrays))
        await writeArray(join(making, `${name}.bin`), values);
      await writeFile(join(making, RESULT_FILE), `${JSON.stringify(json)}\n`);
      await rm(folder, { recursive: true, force: true });
      await rename(making, folder);
    } catch (error) {
      if (step.isUnfinished?.(error)) await rename(making, unfinished);
      else await rm(making, { recursive: true, force: true });
      throw error;
    }
  }

  /** A name of its own for each run, so that two at the same time never share one. */
  async #folderOf(step: string, unfinished: string): Promise<string> {
    const folder = await mkdtemp(join(this.root, `.${step}-`));
    if (!existsSync(unfinished)) return folder;
    await rmdir(folder);
    await rename(unfinished, folder);
    return folder;
  }
}

function keyOf({ name, settings, inputs }: Step<unknown>): string {
  const text = JSON.stringify([VERSION, name, sorted(settings), inputs]);
  return createHash('sha256').update(text).digest('hex');
}

/** The same settings in another order are the same settings, as are ones that are not given. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const given = Object.entries(value).filter(([, one]) => one !== undefined);
  const entries = given.sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.map(([name, one]) => [name, sorted(one)]);
}

/** SHA-256 of a file's content. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

export async function writeArray(path: string, values: StoredArray): Promise<void> {
  await writeFile(path, Buffer.from(values.buffer, values.byteOffset, values.byteLength));
}

export async function readArray<A extends StoredArray>(
  path: string,
  kind: ArrayKind<A>,
): Promise<A> {
  const bytes = await readFile(path);
  return new kind(new Uint8Array(bytes).buffer);
}
