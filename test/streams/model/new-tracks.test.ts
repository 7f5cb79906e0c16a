import type { ItemAddition } from '../../../schemas/records';
import { additionKey, NewTracks } from '../../../streams/model/new-tracks';

const addition = (trackId: string, changes: Partial<ItemAddition> = {}): ItemAddition => ({
  generation: 1,
  track_id: trackId,
  artist_name: 'artist',
  track_name: trackId,
  asked: 4,
  listeners: 4,
  factors: Buffer.alloc(16),
  ...changes,
});

test('additions come in the order of their topic, also where one was written again', () => {
  const tracks = new NewTracks();
  const written = [addition('a'), addition('b'), addition('a'), addition('c', { generation: 2 })];
  for (const [offset, one] of written.entries())
    tracks.applyAddition(additionKey(one), one, offset);
  expect([...tracks.additionsOf(1)].map(({ offset }) => offset)).toEqual([1, 2]);
});
