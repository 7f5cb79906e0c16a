import { LiveView } from '../../src/cli/live-view';
import type { LiveViewState } from '../../src/cli/render-live-view';
import { ManualClock } from '../support/manual-clock';
import { TestScreen } from '../support/test-screen';

const state = (total: number): LiveViewState => ({
  runningSeconds: 1,
  url: 'http://127.0.0.1:9464',
  listens: { total, perSecond: 0, lag: 0, refreshesWaiting: 0 },
  catalogue: undefined,
  model: undefined,
  modelActivity: undefined,
  freshness: undefined,
  hitRate: undefined,
  watched: undefined,
});

function start(screen: TestScreen | { write(text: string): void }) {
  const clock = new ManualClock();
  let total = 0;
  const view = new LiveView({ state: () => state(total++), output: screen, clock });
  view.start();
  return { view, clock };
}

describe('the live view on a terminal', () => {
  it('is redrawn in place', () => {
    const screen = new TestScreen(60, 30);
    const { clock } = start(screen);
    const first = screen.text();
    clock.advance(500);
    expect(screen.text()).toBe(first.replace('listens     0', 'listens     1'));
    expect(screen.text().match(/listens/g)).toHaveLength(1);
  });

  it('never wipes the screen, so that nothing flickers', () => {
    const screen = new TestScreen(60, 30);
    const { clock } = start(screen);
    clock.advance(500);
    expect(screen.raw).not.toContain('\x1b[2J');
    expect(screen.writes).toBe(3);
  });

  it('is whole again after the window became narrower', () => {
    const screen = new TestScreen(80, 30);
    const { clock } = start(screen);
    screen.resize(32);
    expect(screen.text().split('\n')[0]).not.toContain('9464');
    clock.advance(500);
    expect(screen.text().match(/Segue/g)).toHaveLength(1);
    expect(screen.text().match(/listens/g)).toHaveLength(1);
  });

  it('fits a window of few rows', () => {
    const screen = new TestScreen(60, 4);
    const { clock } = start(screen);
    clock.advance(1000);
    expect(screen.text().split('\n').filter(Boolean)).toHaveLength(3);
  });

  it('lets other output stand above it', () => {
    const screen = new TestScreen(60, 30);
    const { view, clock } = start(screen);
    view.print('something happened\n');
    view.print('and more');
    clock.advance(500);
    const lines = screen.text().split('\n');
    expect(lines.slice(0, 2)).toEqual(['something happened', 'and more']);
    expect(screen.text().match(/listens/g)).toHaveLength(1);
  });

  it('gives the cursor back when it stops, and draws no more', () => {
    const screen = new TestScreen(60, 30);
    const { view, clock } = start(screen);
    view.stop();
    view.stop();
    const left = screen.raw;
    expect(left.lastIndexOf('\x1b[?25h')).toBeGreaterThan(left.lastIndexOf('\x1b[?25l'));
    clock.advance(5000);
    expect(screen.raw).toBe(left);
    view.print('bye\n');
    expect(screen.text().endsWith('bye')).toBe(true);
  });
});

describe('the live view elsewhere', () => {
  it('is a plain line every five seconds', () => {
    const lines: string[] = [];
    const { view, clock } = start({ write: (text) => void lines.push(text) });
    clock.advance(10_000);
    view.print('other\n');
    view.stop();
    expect(lines.map((line) => line.slice(0, 14))).toEqual([
      '1 s: 0 listens',
      '1 s: 1 listens',
      '1 s: 2 listens',
      'other\n',
    ]);
    expect(lines.join('')).not.toContain('\x1b');
  });
});
