import { buildSparseRows, transpose } from '../../src/als/interactions';
import type { SparseRows } from '../../src/als/model';
import { mulberry32 } from '../../src/random';

function entriesOf(matrix: SparseRows): string[] {
  const entries: string[] = [];
  for (let row = 0; row < matrix.rows; row++) {
    for (let k = matrix.starts[row]!; k < matrix.starts[row + 1]!; k++) {
      entries.push(`${row},${matrix.indices[k]},${matrix.values[k]}`);
    }
  }
  return entries;
}

describe('sparse rows', () => {
  it('are ordered by user, then item, whatever the order of the triples', () => {
    const triples = { users: [2, 0, 2, 0], items: [1, 3, 0, 0], plays: [1, 2, 3, 4] };
    const matrix = buildSparseRows(3, 4, triples);
    expect(entriesOf(matrix)).toEqual(['0,0,4', '0,3,2', '2,0,3', '2,1,1']);
    expect([...matrix.starts]).toEqual([0, 2, 2, 4]);
  });

  it('add up the plays of a pair that comes more than once', () => {
    const triples = { users: [1, 1, 0, 1], items: [2, 0, 2, 2], plays: [1, 5, 2, 3] };
    expect(entriesOf(buildSparseRows(2, 3, triples))).toEqual(['0,2,2', '1,0,5', '1,2,4']);
  });

  it('equal a map of maps on random triples, and twice transposed themselves', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = mulberry32(seed);
      const [users, items] = [1 + random.below(20), 1 + random.below(20)];
      const length = random.below(200);
      const triples = {
        users: Array.from({ length }, () => random.below(users)),
        items: Array.from({ length }, () => random.below(items)),
        plays: Array.from({ length }, () => 1 + random.below(3)),
      };
      const sums = new Map<string, number>();
      for (const [k, user] of triples.users.entries()) {
        const pair = `${user},${triples.items[k]}`;
        sums.set(pair, (sums.get(pair) ?? 0) + triples.plays[k]!);
      }
      const matrix = buildSparseRows(users, items, triples);
      const expected = [...sums].map(([pair, plays]) => `${pair},${plays}`);
      expect({ seed, entries: entriesOf(matrix).sort() }).toEqual({
        seed,
        entries: expected.sort(),
      });
      expect(entriesOf(transpose(transpose(matrix)))).toEqual(entriesOf(matrix));
    }
  });

  it('lie in shared memory', () => {
    const matrix = buildSparseRows(1, 1, { users: [0], items: [0], plays: [1] });
    expect(matrix.indices.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  it('refuse an index out of range', () => {
    const build = (user: number, item: number) => () =>
      buildSparseRows(2, 2, { users: [user], items: [item], plays: [1] });
    expect(build(0, 2)).toThrow(/item index 2/);
    expect(build(2, 0)).toThrow(/user index/);
  });
});
