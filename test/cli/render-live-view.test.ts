import fc from 'fast-check';
import { displayWidth } from '../../src/cli/display-text';
import {
  durationText,
  type LiveViewState,
  numberText,
  renderLiveLine,
  renderLiveView,
  secondsText,
} from '../../src/cli/render-live-view';

const STATE: LiveViewState = {
  runningSeconds: 83,
  url: 'http://127.0.0.1:9464',
  listens: { total: 12_345, perSecond: 203.4, lag: 0, refreshesWaiting: 0 },
  catalogue: { users: 1923, tracks: 8123, tracksIn: 612, threshold: 14 },
  model: { generation: 2, ageSeconds: 34 },
  modelActivity: 'retraining (growth)',
  freshness: { p50Seconds: 0.0841, p99Seconds: 0.212 },
  hitRate: { depth: 20, trials: 1203, personal: 0.081, popular: 0.029 },
  watched: {
    user: 'mila_3x',
    kind: 'personal',
    generation: 2,
    changedSecondsAgo: 3,
    newestListen: 'Silver Feather – Iron Fever',
    tracks: [
      { artist: 'Tove Tahi', title: 'No More Horizons', rankBefore: 3 },
      { artist: 'The Angels', title: 'Mountain & Arrow', rankBefore: 2 },
      { artist: 'DJ Yatiso', title: 'Velvet Dream', rankBefore: 1 },
      { artist: 'きゃりーぱみゅぱみゅ', title: 'ファッションモンスター', rankBefore: undefined },
    ],
  },
};

const EMPTY: LiveViewState = {
  runningSeconds: 1,
  url: undefined,
  listens: { total: 0, perSecond: 0, lag: 0, refreshesWaiting: 0 },
  catalogue: undefined,
  model: undefined,
  modelActivity: undefined,
  freshness: undefined,
  hitRate: undefined,
  watched: undefined,
};

const shown = (state: LiveViewState, width: number): string =>
  `\n${renderLiveView(state, width).join('\n')}\n`;

describe('renderLiveView', () => {
  it('shows everything on a terminal of 80 columns', () => {
    expect(shown(STATE, 80)).toMatchInlineSnapshot(`
"
Segue · running 1:23 min                                   http://127.0.0.1:9464
listens     12,345 · 203/s
tracks      612 in of 8,123 (14 or more listeners) · 1,923 users
model       generation 2, 34 s old, retraining (growth)
freshness   p50 84 ms, p99 212 ms
hit rate@20 personal   8.1 %  ████████████████████████
            popular    2.9 %  ████████▋                 1,203 trials

list of mila_3x (personal, generation 2, changed 3 s ago)
    just heard Silver Feather – Iron Fever
  1 ↑2   Tove Tahi – No More Horizons
  2      The Angels – Mountain & Arrow
  3 ↓2   DJ Yatiso – Velvet Dream
  4 new  きゃりーぱみゅぱみゅ – ファッションモンスター
"
`);
  });

  it('shows the same, cut, on a narrow one', () => {
    expect(shown(STATE, 40)).toMatchInlineSnapshot(`
"
Segue · running 1:23 min
listens     12,345 · 203/s
tracks      612 in of 8,123 (14 or more…
model       generation 2, 34 s old, ret…
freshness   p50 84 ms, p99 212 ms
hit rate@20 personal   8.1 %  ████████
            popular    2.9 %  ██▉      …

list of mila_3x (personal, generation 2…
    just heard Silver Feather – Iron Fe…
  1 ↑2   Tove Tahi – No More Horizons
  2      The Angels – Mountain & Arrow
  3 ↓2   DJ Yatiso – Velvet Dream
  4 new  きゃりーぱみゅぱみゅ – ファッシ…
"
`);
  });

  it('says what is not there yet', () => {
    expect(shown(EMPTY, 80)).toMatchInlineSnapshot(`
"
Segue · running 1 s
listens     0 · 0/s
tracks      –
model       no model yet
freshness   –
hit rate    –

no list yet
"
`);
  });

  it('shows when it is behind', () => {
    const listens = { total: 5e6, perSecond: 9.87, lag: 12_000, refreshesWaiting: 310 };
    expect(renderLiveView({ ...STATE, listens }, 80)[1]).toBe(
      'listens     5,000,000 · 9.9/s · 12,000 behind · 310 lists waiting',
    );
  });

  it('never takes more columns than it has, nor a control character from a name', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 30, max: 200 }),
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (width, user, title) => {
          const track = { artist: title, title: user, rankBefore: undefined };
          const watched = { ...STATE.watched!, user, newestListen: title, tracks: [track] };
          for (const line of renderLiveView({ ...STATE, watched }, width)) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
            expect(line).not.toMatch(/\p{Cc}/u);
          }
          expect(renderLiveLine({ ...STATE, watched })).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });

  it('has lines of bounded number whatever the list holds', () => {
    const tracks = Array.from({ length: 100 }, (_, rank) => ({
      artist: 'A',
      title: 'T',
      rankBefore: rank + 1,
    }));
    const state = { ...STATE, watched: { ...STATE.watched!, tracks } };
    expect(renderLiveView(state, 80).length).toBeLessThan(20);
  });
});

describe('renderLiveLine', () => {
  it('says the main things in a line', () => {
    expect(renderLiveLine(STATE)).toMatchInlineSnapshot(
      `"1:23 min: 12,345 listens · 203/s · 612 tracks in · generation 2, 34 s old, retraining (growth) · freshness p50 84 ms, p99 212 ms · hits@20 8.1 % personal, 2.9 % popular · mila_3x: Tove Tahi – No More Horizons"`,
    );
    expect(renderLiveLine(EMPTY)).toMatchInlineSnapshot(
      `"1 s: 0 listens · 0/s · no model yet · freshness –"`,
    );
  });
});

describe('figures', () => {
  it.each([
    [0.4, '0.4'],
    [3, '3'],
    [203.4, '203'],
    [1_234_567, '1,234,567'],
  ])('writes the number %d as %s', (value, text) => expect(numberText(value)).toBe(text));

  it.each([
    [5, '5 s'],
    [83, '1:23 min'],
    [7383, '2:03 h'],
    [260_000, '3 d'],
    [-1, '0 s'],
  ])('writes %d seconds as %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

  it.each([
    [0.0841, '84 ms'],
    [1.24, '1.2 s'],
  ])('writes the freshness %d as %s', (seconds, text) => expect(secondsText(seconds)).toBe(text));
});
