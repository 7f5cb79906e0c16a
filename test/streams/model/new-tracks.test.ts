import { additionKey, NewTracks } from '../../../streams/model/new-tracks';
import { sampleModel } from '../../support/stream-samples';

function addition(trackId: string, { generation = 1, asked = 3, size = 1 } = {}) {
  const factors = Float32Array.from({ length: 8 }, (_, k) => size + k);
  return {
    generation,
    track_id: trackId,
    artist_name: '',
    track_name: trackId,
    asked,
    listeners: asked,
    factors: Buffer.from(factors.buffer),
  };
}

const question = (users: readonly string[], generation = 1) => ({
  ...{ generation, attempt: 1, asked_at: 0, users: [...users] },
});

/** What a process that has read all of the topic makes of a generation. */
function read(records: readonly (readonly [number, ReturnType<typeof addition>])[]) {
  const newTracks = new NewTracks();
  for (const [offset, value] of records)
    newTracks.applyAddition(additionKey(value, offset), value, offset);
  const model = sampleModel(1);
  for (const taken of newTracks.additionsOf(1)) model.take(taken);
  return model;
}

describe('new tracks', () => {
  it('wait from the question to its answer, and again when more are asked or another generation asks', () => {
    const newTracks = new NewTracks();
    const waiting = (generation: number) => [...newTracks.waiting(generation)].map(([id]) => id);
    newTracks.applyQuestion('new', question(['a', 'b', 'c']));
    expect([waiting(1), waiting(2)]).toEqual([['new'], []]);
    newTracks.applyAddition(additionKey(addition('new'), 5), addition('new'), 5);
    expect(waiting(1)).toEqual([]);
    newTracks.applyQuestion('new', question(['a', 'b', 'c']));
    expect(waiting(1)).toEqual([]);
    newTracks.applyQuestion('new', question(['a', 'b', 'c', 'd', 'e', 'f']));
    expect(waiting(1)).toEqual(['new']);
    newTracks.applyQuestion('new', question(['a', 'b', 'c'], 2));
    expect([waiting(1), waiting(2)]).toEqual([[], ['new']]);
    newTracks.applyQuestion('new', null);
    expect([waiting(2), newTracks.size]).toEqual([[], 0]);
  });

  it('give a process that starts later the very model of one that saw them come, answers twice included', () => {
    const records = [
      [3, addition('first', { size: 0.1 })],
      [4, addition('second', { size: 0.2 })],
      [7, addition('first', { size: 0.3 })],
      [9, addition('third', { size: 0.4 })],
    ] as const;
    const live = sampleModel(1);
    for (const [offset, value] of records) live.take({ offset, addition: value });
    const later = read(records);
    expect(later.additions).toBe(10);
    expect(later.tracks).toEqual(live.tracks);
    expect(later.whole()).toEqual(live.whole());
    const user = Float32Array.from({ length: 8 }, (_, k) => 1 / (k + 1));
    expect(later.top(user, 10)).toEqual(live.top(user, 10));
    expect(later.tracks[live.top(user, 1).items[0]!]!.trackId).toBe('third');
  });

  it('that nobody had factors for, that are trained or of another size change nothing but the offset', () => {
    const model = read([
      [1, { ...addition('new'), factors: Buffer.alloc(0) }],
      [2, { ...addition('new'), factors: Buffer.alloc(12) }],
      [3, addition('t005')],
    ]);
    expect(model.tracks).toHaveLength(60);
    expect(model.additions).toBe(4);
    expect(model.whole()).toBe(model.als);
  });
});
