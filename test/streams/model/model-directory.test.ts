import type { ModelState } from '../../../schemas/records';
import { ModelDirectory } from '../../../streams/model/load-model';
import { manifest } from '../../support/stream-samples';

function directoryOf(...records: readonly (readonly [number, ModelState | null])[]) {
  const directory = new ModelDirectory();
  for (const [generation, state] of records)
    directory.apply(String(generation), state === null ? null : manifest(generation, { state }));
  return directory;
}

const promoted = (directory: ModelDirectory) => directory.promoted?.generation;

describe('the model directory', () => {
  it('knows the promoted generation, and candidates and refusals beside it', () => {
    const directory = directoryOf(
      [1, 'PROMOTED'],
      [2, 'REJECTED'],
      [3, 'CANDIDATE'],
      [4, 'FAILED'],
    );
    expect(promoted(directory)).toBe(1);
    expect(directory.manifests.map(({ generation }) => generation)).toEqual([1, 2, 3, 4]);
  });

  it('follows a hand-over, whichever of its two records is read first', () => {
    expect(promoted(directoryOf([1, 'PROMOTED'], [1, 'SUPERSEDED'], [2, 'PROMOTED']))).toBe(2);
    expect(promoted(directoryOf([1, 'PROMOTED'], [2, 'PROMOTED'], [1, 'SUPERSEDED']))).toBe(2);
  });

  it('follows a roll-back, from each record and from what compaction leaves', () => {
    const steps = [
      [1, 'PROMOTED'],
      [1, 'SUPERSEDED'],
      [2, 'PROMOTED'],
      [2, 'ROLLED_BACK'],
      [1, 'PROMOTED'],
    ] as const;
    expect(promoted(directoryOf(...steps))).toBe(1);
    expect(promoted(directoryOf([2, 'ROLLED_BACK'], [1, 'PROMOTED']))).toBe(1);
  });

  it('promotes nothing when the promoted one is taken back or gone', () => {
    expect(promoted(directoryOf([1, 'PROMOTED'], [1, 'ROLLED_BACK']))).toBeUndefined();
    expect(promoted(directoryOf([1, 'PROMOTED'], [1, null]))).toBeUndefined();
  });

  it('sorts by number, not by name', () => {
    expect(
      directoryOf([10, 'FAILED'], [9, 'FAILED'], [100, 'FAILED']).manifests.map(
        ({ generation }) => generation,
      ),
    ).toEqual([9, 10, 100]);
  });
});
