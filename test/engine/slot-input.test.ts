import type { FetchedBatch, StoredRecord } from '../../src/broker/broker';
import { SlotInput } from '../../src/engine/slot-input';
import type { Topic } from '../../src/engine/topology';
import { toyTopic } from '../support/engine/toy-topology';

const source = (name: string, replayed = false) => ({
  topic: toyTopic(name) as Topic<unknown>,
  replayed,
});

function record(offset: number, bytes = 10): StoredRecord {
  return { offset, timestampMs: 1000 + offset, key: null, value: Buffer.alloc(bytes) };
}

function batch(
  topic: string,
  offsets: readonly number[],
  nextOffset: number,
  more: Partial<FetchedBatch> = {},
): FetchedBatch {
  const records = offsets.map((offset) => record(offset));
  return { topic, partition: 3, records, nextOffset, endOffset: nextOffset, ...more };
}

function newInput(bytesMax = 10_000) {
  return new SlotInput(
    [
      { source: source('a'), partition: 3, start: 5 },
      { source: source('b'), partition: 3, start: 0 },
      { source: source('again', true), partition: 3, start: 0 },
    ],
    bytesMax,
  );
}

function drain(input: SlotInput): number[] {
  const offsets: number[] = [];
  for (let next = input.next(); next !== undefined; next = input.next())
    offsets.push(next.record.offset);
  return offsets;
}

describe('the input of a slot', () => {
  it('gives records in order and knows where it stands', () => {
    const input = newInput();
    input.enqueue(batch('a', [5, 6], 7), 5);
    input.enqueue(batch('a', [7], 8), 7);
    expect(input.position('a')).toBe(5);
    expect(input.next()!.record.offset).toBe(5);
    expect(input.position('a')).toBe(6);
    expect(drain(input)).toEqual([6, 7]);
    expect(input.position('a')).toBe(8);
    expect(input.isEmpty()).toBe(true);
  });

  it('moves over markers and gaps: behind a batch, and behind one with no records at all', () => {
    const input = newInput();
    input.enqueue(batch('a', [6, 9], 12), 5);
    drain(input);
    expect(input.position('a')).toBe(12);
    input.enqueue(batch('a', [], 20), 12);
    expect(input.isEmpty()).toBe(true);
    expect(input.position('a')).toBe(20);
  });

  it('does not move over an empty batch before the records ahead of it', () => {
    const input = newInput();
    input.enqueue(batch('a', [5], 6), 5);
    input.enqueue(batch('a', [], 9), 6);
    expect(input.position('a')).toBe(5);
    input.next();
    expect(input.position('a')).toBe(9);
  });

  it('drops a batch that was asked for from somewhere else, of another partition, or of another topic', () => {
    const input = newInput();
    input.enqueue(batch('a', [5], 6), 4);
    input.enqueue(batch('a', [5], 6, { partition: 2 }), 5);
    input.enqueue(batch('c', [5], 6), 5);
    expect(input.isEmpty()).toBe(true);
    expect(input.wanted()[0]).toEqual({ topic: 'a', partition: 3, offset: 5 });
  });

  it('does not ask for more than it may hold', () => {
    const input = newInput(100);
    const wanted = () => input.wanted().map(({ topic }) => topic);
    expect(wanted()).toEqual(['a', 'b', 'again']);
    input.enqueue({ ...batch('a', [], 7), records: [record(5, 50), record(6, 50)] }, 5);
    expect(wanted()).toEqual(['b', 'again']);
    drain(input);
    expect(wanted()).toEqual(['a', 'b', 'again']);
  });

  it('counts what small records hold around their bytes', () => {
    const input = newInput(10_000);
    const offsets = Array.from({ length: 30 }, (_, place) => 5 + place);
    input.enqueue(batch('a', offsets, 35), 5);
    expect(input.wanted().map(({ topic }) => topic)).toEqual(['b', 'again']);
  });

  it('takes turns by who has the most waiting', () => {
    const input = newInput();
    input.enqueue(batch('a', [5, 6, 7], 8), 5);
    input.enqueue(batch('b', [0], 1), 0);
    const topics: string[] = [];
    for (let next = input.next(); next !== undefined; next = input.next())
      topics.push(next.source.topic.name);
    expect(topics).toEqual(['a', 'a', 'a', 'b']);
  });

  it('commits the positions of all sources but those that are replayed', () => {
    const input = newInput();
    input.enqueue(batch('a', [5], 6), 5);
    input.enqueue(batch('again', [0], 1), 0);
    drain(input);
    expect(input.positions()).toEqual([
      { topic: 'a', partition: 3, offset: 6 },
      { topic: 'b', partition: 3, offset: 0 },
    ]);
  });

  it('tells how many records wait and since when, those not fetched yet included', () => {
    const input = newInput();
    input.enqueue(batch('a', [5, 6], 7, { endOffset: 30 }), 5);
    expect(input.lags()[0]).toEqual({ topic: 'a', partition: 3, records: 25, oldestMs: 1005 });
    drain(input);
    expect(input.lags()[0]).toEqual({ topic: 'a', partition: 3, records: 23 });
  });

  it('has no position of what is no source', () => {
    expect(() => newInput().position('other')).toThrow('other is a source of this slot');
  });
});
