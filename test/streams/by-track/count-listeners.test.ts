import { afterChange } from '../../../streams/by-track/count-listeners';

const change = (listened_at: number, track_name: string, by = 1) => ({
  change: by,
  listened_at,
  artist_name: 'artist',
  track_name,
});

describe('count-listeners', () => {
  it('counts up and down and keeps a track that nobody listens to any more', () => {
    const one = afterChange(undefined, change(10, 'a'));
    const two = afterChange(one, change(11, 'b'));
    expect(two.listeners).toBe(2);
    const none = afterChange(afterChange(two, change(11, '', -1)), change(10, '', -1));
    expect(none).toEqual({ listeners: 0, named_at: 10, artist_name: 'artist', track_name: 'a' });
  });

  it('names a track after its earliest first listen, whatever the order of arrival', () => {
    const changes = [change(30, 'c'), change(10, 'b'), change(10, 'a'), change(20, 'd')];
    const names = new Set<string>();
    for (const order of [
      [0, 1, 2, 3],
      [3, 2, 1, 0],
      [1, 3, 0, 2],
      [2, 0, 3, 1],
    ]) {
      const count = order.reduce<ReturnType<typeof afterChange> | undefined>(
        (before, place) => afterChange(before, changes[place]!),
        undefined,
      );
      names.add(count!.track_name);
    }
    expect([...names]).toEqual(['a']);
  });
});
