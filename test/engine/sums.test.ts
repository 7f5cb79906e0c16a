import { Sums } from '../../src/engine/sums';
import { mulberry32 } from '../../src/random';

describe('sums', () => {
  it('add up by name, from nothing', () => {
    const sums = new Sums();
    sums.add('a');
    sums.add('a', 4);
    sums.add('b', -2);
    expect([sums.get('a'), sums.get('b'), sums.get('c')]).toEqual([5, -2, 0]);
  });

  it('count things by their value, without those that have none', () => {
    const sums = new Sums();
    sums.move('listeners', 0, 1);
    sums.move('listeners', 0, 1);
    sums.move('listeners', 1, 2);
    sums.move('listeners', 2, 2);
    expect([...sums.histogram('listeners')]).toEqual([
      [1, 1],
      [2, 1],
    ]);
    sums.move('listeners', 1, 0);
    expect([...sums.histogram('listeners')]).toEqual([[2, 1]]);
    expect(sums.histogram('other').size).toBe(0);
  });

  it('equal a recount, whatever moves', () => {
    const seed = Math.floor(Math.random() * 1e9);
    const random = mulberry32(seed);
    const sums = new Sums();
    const values = new Array<number>(20).fill(0);
    for (let turn = 0; turn < 1000; turn++) {
      const place = random.below(values.length);
      const next = Math.max(0, values[place]! + random.below(3) - 1);
      sums.move('values', values[place]!, next);
      values[place] = next;
    }
    const recount = new Map<number, number>();
    for (const value of values) if (value !== 0) recount.set(value, (recount.get(value) ?? 0) + 1);
    expect({ seed, bins: [...sums.histogram('values')].sort() }).toEqual({
      seed,
      bins: [...recount].sort(),
    });
  });

  it('are the same when written down and read back, and the same bytes in whatever order they came', () => {
    const forward = new Sums();
    const backward = new Sums();
    for (const name of ['a', 'b']) forward.add(name);
    for (const name of ['b', 'a']) backward.add(name);
    for (const value of [3, 10]) forward.move('h', 0, value);
    for (const value of [10, 3]) backward.move('h', 0, value);
    expect(JSON.stringify(forward.toRecord())).toBe(JSON.stringify(backward.toRecord()));
    expect(Sums.fromRecord(forward.toRecord()).toRecord()).toEqual(forward.toRecord());
  });

  it('share nothing with the record they were read from', () => {
    const record = new Sums().toRecord();
    Sums.fromRecord(record).add('a');
    expect(record.sums).toEqual({});
  });

  it('forget the counters that they are told to', () => {
    const sums = new Sums();
    sums.add('live.a');
    sums.add('b');
    sums.forget((name) => name.startsWith('live.'));
    expect(sums.toRecord().sums).toEqual({ b: 1 });
  });
});
