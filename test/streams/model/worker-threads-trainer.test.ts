import type { AlsModel } from '../../../src/als/model';
import { hkvRule } from '../../../src/als/rule';
import { startFrom } from '../../../streams/model/worker-threads-trainer';

const rule = hkvRule({ factorCount: 2, alpha: 5, lambda: 1 });
const als: AlsModel = {
  rule,
  itemFactors: { rows: 2, columns: 2, values: Float32Array.of(1, 2, 3, 4) },
  itemGramian: new Float64Array(4),
};
const reigning = {
  als,
  whole: () => als,
  itemOf: (trackId: string) => ({ a: 0, b: 1 })[trackId],
};

describe('a retrain on worker threads', () => {
  it('starts from the reigning factors of the tracks that are still in, zeros for the others', () => {
    const { warmStart, tolerance } = startFrom(reigning, ['b', 'c'], { ...rule });
    expect([...warmStart!.itemFactors!.values]).toEqual([3, 4, 0, 0]);
    expect(tolerance).toBeUndefined();
  });

  it('takes all rounds under another rule, however little they gain', () => {
    expect(startFrom(reigning, ['a'], { ...rule, alpha: 6 }).tolerance).toBe(0);
  });

  it('starts anew without a reigning model, or with another number of factors', () => {
    expect(startFrom(undefined, ['a'], rule)).toEqual({});
    expect(startFrom(reigning, ['a'], { ...rule, factorCount: 3 })).toEqual({});
  });
});
