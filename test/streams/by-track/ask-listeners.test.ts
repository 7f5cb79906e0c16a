import type { Model, NewTrack } from '../../../schemas/records';
import { askListeners } from '../../../streams/by-track/ask-listeners';
import { additionKey, NewTracks } from '../../../streams/model/new-tracks';
import type { ServingModel } from '../../../streams/model/serving-model';
import { segueTopics } from '../../../streams/topics';
import { segueStores } from '../../../streams/topology';
import { budget, inContext } from '../../support/fake-processor-context';
import { manifest, sampleModel } from '../../support/stream-samples';

const TOPICS = segueTopics();
const COUNTS = segueStores(TOPICS).listenerCounts;
const GROWING: Partial<Model> = { user_gramian: Buffer.alloc(8 * 64) };

function fixture(grows: Partial<Model> = GROWING) {
  const newTracks = new NewTracks();
  const now = { model: sampleModel(1) as ServingModel | undefined, threshold: 3 };
  const { context, processor } = inContext(
    askListeners(TOPICS, COUNTS, {
      newTracks,
      model: () => now.model,
      manifest: (generation) => manifest(generation, grows),
      threshold: () => now.threshold,
    }),
  );
  const counts = context.store(COUNTS);
  /** The track has so many listeners now; nobody is told before the step ends. */
  const count = (trackId: string, listeners: number, tell = true) => {
    const users = Array.from({ length: listeners }, (_, user) => `u${user}`);
    const value = { listeners, named_at: 0, artist_name: '', track_name: '', users };
    counts.put(trackId, value);
    if (tell) processor.process({ trackId, count: value });
  };
  /** What was sent, and is back at once as every process hears it. */
  const asked = async () => {
    await processor.endStep!(budget());
    return context.takeSent().map(({ key, value }) => {
      const question = value as NewTrack | null;
      newTracks.applyQuestion(key!, question);
      return question === null
        ? [key, 'dropped']
        : [key, question.generation, question.users.length, question.attempt];
    });
  };
  const answer = (trackId: string, users: number, generation: number) => {
    const value = {
      ...{ generation, track_id: trackId, artist_name: '', track_name: '', asked: users },
      ...{ listeners: users, factors: Buffer.alloc(32, 1) },
    };
    newTracks.applyAddition(additionKey(value, 0), value, 0);
  };
  return { context, processor, newTracks, now, count, asked, answer };
}

describe('ask-listeners', () => {
  it('asks when a track without factors comes in, once, and again with twice the listeners', async () => {
    const { count, asked } = fixture();
    await asked();
    count('new', 2);
    expect(await asked()).toEqual([]);
    count('new', 3);
    expect(await asked()).toEqual([['new', 1, 3, 1]]);
    count('new', 5);
    expect(await asked()).toEqual([]);
    count('new', 6);
    expect(await asked()).toEqual([['new', 1, 6, 1]]);
  });

  it('asks nobody for a track that was trained on, without a model, or where no answer could be used', async () => {
    const { count, asked, now } = fixture();
    count('t005', 9);
    expect(await asked()).toEqual([]);
    now.model = undefined;
    count('new', 9);
    expect(await asked()).toEqual([]);
    const without = fixture({ user_gramian: Buffer.alloc(0) });
    without.count('new', 9);
    expect(await without.asked()).toEqual([]);
  });

  it('finds what came in unseen, after a take-over and after a fall of the threshold', async () => {
    const { count, asked, now } = fixture();
    count('in', 4, false);
    count('below', 2, false);
    expect(await asked()).toEqual([['in', 1, 4, 1]]);
    await asked();
    now.threshold = 2;
    expect(await asked()).toEqual([['below', 1, 2, 1]]);
  });

  it('asks anew for another generation, and drops what that one was trained on', async () => {
    const { count, asked, answer, now } = fixture();
    count('new', 3);
    count('t060', 3);
    expect(await asked()).toHaveLength(2);
    answer('new', 3, 1);
    answer('t060', 3, 1);
    now.model = sampleModel(2, { items: 61 });
    expect(await asked()).toEqual([
      ['t060', 'dropped'],
      ['new', 2, 3, 1],
    ]);
  });

  it('asks nothing of a generation that took over within the step and knows the track', async () => {
    const { count, asked, now } = fixture();
    await asked();
    count('t060', 3);
    now.model = sampleModel(2, { items: 61 });
    expect(await asked()).toEqual([]);
  });

  it('asks again, with growing patience, while no answer comes, and no more after it', async () => {
    const { context, count, asked, answer } = fixture();
    count('new', 3);
    await asked();
    context.advance(4000);
    expect(await asked()).toEqual([]);
    context.advance(1000);
    expect(await asked()).toEqual([['new', 1, 3, 2]]);
    context.advance(5000);
    expect(await asked()).toEqual([]);
    context.advance(5000);
    expect(await asked()).toEqual([['new', 1, 3, 3]]);
    answer('new', 3, 1);
    context.advance(60_000);
    expect(await asked()).toEqual([]);
  });
});
