import { readFileSync } from 'node:fs';
import { buildSparseRows } from '../../src/als/interactions';
import type { SparseRows } from '../../src/als/model';
import { compiledPath } from '../../src/compiled-path';
import { LightFm } from '../../src/lightfm/light-fm';
import type { LightFmOptions } from '../../src/lightfm/light-fm-options';
import { mulberry32 } from '../../src/random';
import { TopItems } from '../../src/ranking/top-items';

const USERS = 60;
const ITEMS = 80;

/** Users like items of their own parity, two in three of them. */
function checkerboard(seed = 1): SparseRows {
  const random = mulberry32(seed);
  const users: number[] = [];
  const items: number[] = [];
  for (let user = 0; user < USERS; user++)
    for (let item = user % 2; item < ITEMS; item += 2)
      if (random.next() < 2 / 3) {
        users.push(user);
        items.push(item);
      }
  return buildSparseRows(USERS, ITEMS, { users, items, plays: users.map(() => 1) });
}

/** Row r has feature r % 2 only. */
function parityFeatures(rows: number): SparseRows {
  const users = Array.from({ length: rows }, (_, row) => row);
  const items = users.map((row) => row % 2);
  return buildSparseRows(rows, 2, { users, items, plays: users.map(() => 1) });
}

/** Share of pairs of an unseen item of the user's parity and one of the other that stand in the right order. */
function orderedShare(model: LightFm, seen: SparseRows): number {
  const { users, items } = model.representations();
  let right = 0;
  let all = 0;
  for (let user = 0; user < users.biases.length; user++) {
    const known = new Set(seen.indices.subarray(seen.starts[user], seen.starts[user + 1]));
    const everything = Array.from({ length: items.biases.length }, (_, item) => item);
    const scores = model.predict(
      everything.map(() => user),
      everything,
    );
    for (const wanted of everything.filter((item) => item % 2 === user % 2 && !known.has(item)))
      for (const other of everything.filter((item) => item % 2 !== user % 2)) {
        all += 1;
        right += scores[wanted]! > scores[other]! ? 1 : 0;
      }
  }
  return right / all;
}

const bits = (model: LightFm) => {
  const { users, items } = model.representations();
  return [users.embeddings.values, users.biases, items.embeddings.values, items.biases].map(
    (values) => [...values],
  );
};

const likes = checkerboard();

describe('a model', () => {
  it.each(['bpr', 'warp', 'warp-kos'] as const)('learns a checkerboard by %s', async (loss) => {
    const model = await new LightFm({ loss }).fit(likes, { epochs: 20 });
    expect(orderedShare(model, likes)).toBeGreaterThan(0.95);
  });

  it('learns from dislikes by the logistic loss', async () => {
    const values = new Float32Array(USERS * ITEMS);
    const starts = Uint32Array.from({ length: USERS + 1 }, (_, user) => user * ITEMS);
    const indices = Int32Array.from(values, (_, at) => at % ITEMS);
    values.forEach((_, at) => {
      values[at] = Math.floor(at / ITEMS) % 2 === at % 2 ? 1 : -1;
    });
    const signs = { rows: USERS, columns: ITEMS, starts, indices, values };
    const model = await new LightFm().fit(signs, { epochs: 20 });
    const scores = model.predict([0, 0, 1, 1], [0, 1, 0, 1]);
    expect(Array.from(scores, (score) => score > 0)).toEqual([true, false, false, true]);
  });

  it('is the same bit for bit with one thread and the same seed, and another with another seed', async () => {
    const run = (randomState: number) =>
      new LightFm({ loss: 'warp', randomState }).fit(likes, { epochs: 3 });
    const [first, again, other] = await Promise.all([run(5), run(5), run(6)]);
    expect(bits(again!)).toEqual(bits(first!));
    expect(bits(other!)).not.toEqual(bits(first!));
  });

  it('goes on where it was: one epoch and two more are three', async () => {
    const model = new LightFm({ loss: 'bpr', learningSchedule: 'adadelta', userAlpha: 1e-4 });
    await model.fitPartial(likes, { epochs: 1 });
    await model.fitPartial(likes, { epochs: 2 });
    const atOnce = await new LightFm(model.options).fit(likes, { epochs: 3 });
    expect(bits(model)).toEqual(bits(atOnce));
  });

  it('learns as well with two threads', async () => {
    const model = await new LightFm({ loss: 'warp' }).fit(likes, { epochs: 20, threads: 2 });
    expect(orderedShare(model, likes)).toBeGreaterThan(0.95);
  });

  it('starts anew with fit', async () => {
    const model = await new LightFm({ loss: 'warp' }).fit(likes, { epochs: 5 });
    await model.fit(parityFeatures(10), { epochs: 1 });
    expect(model.representations().items.biases).toHaveLength(2);
  });

  it('knows new users and items by their features', async () => {
    const features = { userFeatures: parityFeatures(USERS), itemFeatures: parityFeatures(ITEMS) };
    const model = await new LightFm({ loss: 'warp' }).fit(likes, { epochs: 10, ...features });
    const wider = {
      userFeatures: parityFeatures(USERS + 2),
      itemFeatures: parityFeatures(ITEMS + 2),
    };
    const fresh = model.predict([USERS, USERS + 1], [ITEMS, ITEMS], wider);
    expect(fresh[0]).toBeGreaterThan(fresh[1]!);
  });

  it('ranks by inner products as it scores', async () => {
    const model = await new LightFm({ loss: 'warp' }).fit(likes, { epochs: 5 });
    const { userFactors, itemFactors } = model.rankingFactors();
    const user = userFactors.values.subarray(3 * 11, 4 * 11);
    const { items } = new TopItems(itemFactors).top(user, ITEMS);
    const scores = model.predict(
      Array.from(items, () => 3),
      items,
    );
    expect([...scores]).toEqual([...scores].sort((a, b) => b - a));
    expect(items).toHaveLength(ITEMS);
  });
});

describe('a run of fit', () => {
  it('tells of each epoch with the model as it is, and stops when told to', async () => {
    const model = new LightFm({ loss: 'warp' });
    const seen: number[][][] = [];
    await model.fit(likes, {
      epochs: 10,
      onEpoch: ({ epoch }) => {
        seen.push(bits(model));
        return epoch === 2 ? 'stop' : 'continue';
      },
    });
    expect(seen).toHaveLength(2);
    expect(seen[0]).not.toEqual(seen[1]);
    const two = await new LightFm(model.options).fit(likes, { epochs: 2 });
    expect(seen[1]).toEqual(bits(two));
    expect(bits(model)).toEqual(bits(two));
  });

  it('ends when it is aborted', async () => {
    const controller = new AbortController();
    const run = new LightFm({ loss: 'warp' }).fit(likes, {
      epochs: 1_000_000,
      signal: controller.signal,
      onEpoch: () => {
        controller.abort(new Error('enough'));
        return 'continue';
      },
    });
    await expect(run).rejects.toThrow('enough');
  });

  it('rejects with what onEpoch throws', async () => {
    const onEpoch = () => Promise.reject(new Error('full'));
    await expect(new LightFm().fit(likes, { onEpoch })).rejects.toThrow('full');
  });

  it.each(['logistic', 'bpr', 'warp'] as const)('says where it diverged by %s', async (loss) => {
    const run = new LightFm({ loss, learningRate: 1e38 }).fit(likes, { epochs: 5 });
    await expect(run).rejects.toMatchObject({ code: 'TRAINING_DIVERGED' });
  });

  it('scales back in time where regularisation is strong', async () => {
    const strong = { loss: 'bpr', itemAlpha: 1, userAlpha: 1 } as const;
    const model = await new LightFm(strong).fit(likes, { epochs: 3 });
    expect(bits(model).flat().every(Number.isFinite)).toBe(true);
  });

  it('learns nothing from nothing', async () => {
    const empty = buildSparseRows(3, 4, { users: [], items: [], plays: [] });
    const model = await new LightFm({ loss: 'warp' }).fit(empty);
    expect(model.predict([0], [3])).toHaveLength(1);
  });
});

describe('what does not fit is refused', () => {
  it.each<Partial<LightFmOptions>>([
    { noComponents: 0 },
    { k: 1.5 },
    { n: 0 },
    { learningRate: 0 },
    { rho: 1 },
    { epsilon: 0 },
    { itemAlpha: -1 },
    { userAlpha: Number.NaN },
    { maxSampled: 0 },
    { randomState: -1 },
    { loss: 'hinge' as 'warp' },
    { learningSchedule: 'adam' as 'adagrad' },
  ])('%j', (options) => {
    expect(() => new LightFm(options)).toThrow(
      expect.objectContaining({
        code: 'SETTING_INVALID',
        message: expect.stringContaining(Object.keys(options)[0]!),
      }),
    );
  });

  it.each([
    ['sample weights with k-OS', { loss: 'warp-kos' }, { sampleWeight: new Float32Array(1) }],
    ['too few sample weights', { loss: 'warp' }, { sampleWeight: new Float32Array(1) }],
    ['too few rows of user features', {}, { userFeatures: parityFeatures(USERS - 1) }],
    ['too few rows of item features', {}, { itemFeatures: parityFeatures(ITEMS - 1) }],
    [
      'weights that are no numbers',
      {},
      { sampleWeight: new Float32Array(likes.indices.length).fill(Number.NaN) },
    ],
    [
      'features that are no numbers',
      {},
      {
        itemFeatures: {
          ...parityFeatures(ITEMS),
          values: new Float32Array(ITEMS).fill(Number.POSITIVE_INFINITY),
        },
      },
    ],
  ] as const)('%s', async (_, options, fit) => {
    const run = new LightFm(options).fit(likes, fit);
    await expect(run).rejects.toMatchObject({ code: 'SETTING_INVALID' });
  });

  it('other features than before', async () => {
    const model = await new LightFm().fit(likes);
    const run = model.fitPartial(likes, { itemFeatures: parityFeatures(ITEMS) });
    await expect(run).rejects.toMatchObject({ code: 'SETTING_INVALID' });
  });

  it('a prediction before the first fit', () => {
    expect(() => new LightFm().predict([0], [0])).toThrow(
      expect.objectContaining({ code: 'MODEL_UNKNOWN' }),
    );
  });

  it('more than fits into memory, without learning', async () => {
    const features = {
      rows: ITEMS,
      columns: 400_000,
      starts: new Uint32Array(ITEMS + 1),
      indices: new Int32Array(0),
      values: new Float32Array(0),
    };
    const model = new LightFm({ noComponents: 4096 });
    const run = model.fit(likes, { itemFeatures: features });
    await expect(run).rejects.toMatchObject({ code: 'MEMORY_EXCEEDED' });
  });
});

it('the kernels keep nothing in static memory, which every thread would write over the data', () => {
  const DATA_SECTION = 11;
  for (const area of ['als', 'lightfm']) {
    const ids = sectionIds(readFileSync(compiledPath(`src/${area}/kernels/kernels.wasm`)));
    expect(ids.length).toBeGreaterThan(3);
    expect(ids).not.toContain(DATA_SECTION);
  }
});

/** Of a WebAssembly binary: magic and version, then sections of id, LEB128 size, content. */
function sectionIds(bytes: Buffer): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]!);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}
