import type { Model, RetrainRequest } from '../../../schemas/records';
import { requestRetrain, whyRetrain } from '../../../streams/control/request-retrain';
import { ModelDirectory } from '../../../streams/model/load-model';
import { RetrainRequests } from '../../../streams/model/retrain-requests';
import type { RetrainTriggers } from '../../../streams/stream-settings';
import { segueTopics } from '../../../streams/topics';
import { inContext } from '../../support/fake-processor-context';
import { manifest } from '../../support/stream-samples';

const HOUR = 3_600_000;
const TRIGGERS: RetrainTriggers = {
  firstListens: 1000,
  ageMs: 24 * HOUR,
  growthShare: 0.25,
  unknownShare: 0.1,
  qualityRatio: 1,
  pauseMs: HOUR,
  checkMs: 1000,
};
const OFF = {
  firstListens: 0,
  ageMs: 0,
  growthShare: 0,
  unknownShare: 0,
  qualityRatio: 0,
  pauseMs: 0,
  checkMs: 1000,
};
const NOW = 1_600_000_000_000;

function why(
  totals: Record<string, number>,
  since: Record<string, number> = {},
  promoted: Model | undefined = manifest(1, {
    trained_at: NOW,
    quality: { total_listens: 10_000 },
  }),
  triggers = TRIGGERS,
) {
  return whyRetrain({ totals, since, promoted, now: NOW }, triggers)?.reason;
}

describe('the triggers of a retrain', () => {
  it('ask for a first model when there are enough listens, and for nothing else before', () => {
    const first = (listens: number) =>
      whyRetrain({ totals: { listens }, since: {}, promoted: undefined, now: NOW }, TRIGGERS);
    expect(first(999)).toBeUndefined();
    expect(first(1000)).toMatchObject({ reason: 'first' });
  });

  it('fire for age', () => {
    const old = (ageMs: number) => manifest(1, { trained_at: NOW - ageMs });
    expect(why({}, {}, old(24 * HOUR - 1))).toBeUndefined();
    expect(why({}, {}, old(24 * HOUR))).toBe('age');
  });

  it('fire for growth over all listens that there were when it was trained', () => {
    expect(why({ listens: 12_499 })).toBeUndefined();
    expect(why({ listens: 12_500 })).toBe('growth');
    expect(why({ listens: 12_500 }, {}, manifest(1, { trained_at: NOW }))).toBeUndefined();
  });

  it('fire for first listens on tracks without factors, with a sample that says something', () => {
    const since = (without: number, all: number) => ({
      'live.firstListens.without': without,
      'live.firstListens.with': all - without,
    });
    expect(why({}, since(999, 999))).toBeUndefined();
    expect(why({}, since(99, 1000))).toBeUndefined();
    expect(why({}, since(100, 1000))).toBe('unknown-tracks');
  });

  it('fire when personal lists foretell less than the popular one would have', () => {
    const since = (personal: number, trials: number) => ({
      'live.personalList.hits100': personal,
      'live.popularBeside.hits100': 50,
      'live.personalList.trials': trials,
    });
    expect(why({}, since(50, 1000))).toBeUndefined();
    expect(why({}, since(49, 999))).toBeUndefined();
    expect(why({}, since(49, 1000))).toBe('quality');
  });

  it('are each turned off by zero', () => {
    const all = {
      'live.firstListens.without': 9999,
      'live.personalList.trials': 9999,
      'live.popularBeside.hits100': 99,
    };
    const old = manifest(1, { trained_at: 0, quality: { total_listens: 1 } });
    expect(why({ listens: 1e9 }, all, old, OFF)).toBeUndefined();
    expect(
      whyRetrain({ totals: { listens: 1e9 }, since: {}, promoted: undefined, now: NOW }, OFF),
    ).toBeUndefined();
  });
});

function fixture(triggers = TRIGGERS) {
  const directory = new ModelDirectory();
  const requests = new RetrainRequests();
  const { context, processor } = inContext(
    requestRetrain(segueTopics(), { directory, requests }, { retrain: triggers }),
  );
  const sums = (counts: Record<string, number>) =>
    processor.process({ sums: counts, listenersPerTrack: new Map(), tracksPerUser: new Map() });
  const promote = (generation: number, changes: Partial<Model> = {}) =>
    directory.apply(
      String(generation),
      manifest(generation, { trained_at: context.now(), ...changes }),
    );
  const asked = () => context.takeSent().map(({ value }) => (value as RetrainRequest).reason);
  return { context, directory, requests, sums, promote, asked };
}

describe('request-retrain', () => {
  it('sends one request with its figures and then waits, though the trigger stays', () => {
    const { context, sums, asked } = fixture();
    sums({ listens: 5000 });
    context.advance(1000);
    expect(context.sent).toMatchObject([
      {
        topic: 'retrain-requests',
        key: null,
        value: {
          reason: 'first',
          detail: expect.stringContaining('5000'),
          requested_at: context.now(),
        },
      },
    ]);
    asked();
    for (let second = 0; second < 600; second++) context.advance(1000);
    expect(asked()).toEqual([]);
  });

  it('asks for nothing before it has seen the sums', () => {
    const { context, asked } = fixture();
    context.advance(5000);
    expect(asked()).toEqual([]);
  });

  it('pauses after a model, and twice as long after each refusal or failure in a row', () => {
    const { context, directory, sums, promote, asked } = fixture();
    sums({ listens: 5000 });
    promote(1, { quality: { total_listens: 100 } });
    context.advance(HOUR - 2000);
    expect(asked()).toEqual([]);
    directory.apply('2', manifest(2, { state: 'REJECTED', trained_at: context.now() }));
    context.advance(2 * HOUR - 2000);
    expect(asked()).toEqual([]);
    directory.apply('3', manifest(3, { state: 'FAILED', trained_at: context.now() }));
    context.advance(4 * HOUR - 2000);
    expect(asked()).toEqual([]);
    context.advance(2000);
    expect(asked()).toEqual(['growth']);
    promote(4, { request_offset: 9, quality: { total_listens: 100 } });
    context.advance(HOUR - 2000);
    expect(asked()).toEqual([]);
    context.advance(2000);
    expect(asked()).toEqual(['growth']);
  });

  it('is not moved by a share that crosses its border at one look only', () => {
    const { context, sums, promote, asked } = fixture();
    const counts = (without: number, all: number) =>
      sums({ 'live.firstListens.without': without, 'live.firstListens.with': all - without });
    counts(0, 0);
    promote(1);
    context.advance(1000);
    context.advance(HOUR);
    counts(101, 1001);
    context.advance(1000);
    counts(101, 1100);
    context.advance(1000);
    counts(130, 1200);
    context.advance(1000);
    expect(asked()).toEqual([]);
    context.advance(1000);
    expect(asked()).toEqual(['unknown-tracks']);
  });

  it('never has two requests open, however long the training takes', () => {
    const { context, requests, sums, promote, asked } = fixture();
    sums({ listens: 5000 });
    context.advance(1000);
    const [request] = context.takeSent();
    requests.add(0, request!.value as RetrainRequest);
    for (let hour = 0; hour < 10; hour++) context.advance(HOUR);
    expect(asked()).toEqual([]);
    promote(1, { request_offset: 0, quality: { total_listens: 100 } });
    context.advance(HOUR);
    expect(asked()).toEqual(['growth']);
  });

  it('counts unknown tracks and hits from the promotion of what serves', () => {
    const { context, sums, promote, asked } = fixture();
    const counts = (without: number) => ({
      'live.firstListens.with': 100_000,
      'live.firstListens.without': without,
    });
    sums(counts(50_000));
    promote(1);
    context.advance(1000);
    context.advance(2 * HOUR);
    expect(asked()).toEqual([]);
    sums(counts(51_100));
    context.advance(1000);
    context.advance(1000);
    expect(asked()).toEqual(['unknown-tracks']);
    promote(2);
    context.advance(1000);
    context.advance(2 * HOUR);
    expect(asked()).toEqual([]);
  });
});
