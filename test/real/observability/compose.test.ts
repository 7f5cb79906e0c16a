/**
 * The whole project as docker-compose.yml describes it, as plain processes: under load, through a hand-over, bad records
 * and the kill of a process; then every query of every dashboard and rule is asked of the Prometheus
 * that has watched it. The tests are one story, in order.
 */
import { Administration } from '../../../src/app/administration';
import { connect, type Places } from '../../../src/app/connect';
import { systemClock } from '../../../src/clock';
import { readSettings } from '../../../src/config';
import { noLogger } from '../../../src/logger';
import { allQueries } from '../../support/grafana/queries';
import {
  type Exceptions,
  lastingFaults,
  MAYBE_ZERO,
} from '../../support/observability/evaluate-queries';
import { sendFaultyListens } from '../../support/observability/faulty-load';
import { probeFreshness } from '../../support/observability/probe-freshness';
import { spanSince } from '../../support/observability/prometheus-api';
import { unnoticedRenamings } from '../../support/observability/renamed-series';
import { replayQuality } from '../../support/observability/replay-quality';
import { ScrapedStack } from '../../support/observability/scraped-stack';
import { shownQuality } from '../../support/observability/shown-quality';
import { withPrometheus } from '../../support/services/prometheus-programs';

const MINUTE = 60_000;

/** What a person would write into `.env`. */
const SETTINGS = { SEGUE_FACTORS: '32', SEGUE_EPOCHS: '6', SEGUE_STANDBYS: '1' } as const;

/** Nothing may be empty; what may be 0 all the time, and why. */
const EXCEPTIONS: Exceptions = {
  empty: {},
  zero: {
    ...MAYBE_ZERO,
    'Segue / Stream / Commits that did not succeed / {{failure}}':
      'whoever is killed does not tell, and whether anybody else fails is chance',
  },
};

withPrometheus(() => {
  let stack: ScrapedStack;
  let places: Places;
  let administration: Administration;

  beforeAll(async () => {
    stack = await ScrapedStack.start(SETTINGS);
    const settings = readSettings(stack.place, {});
    places = await connect(settings, noLogger);
    administration = await Administration.open({ ...places, settings, clock: systemClock });
  }, 6 * MINUTE);

  afterAll(async () => {
    await places?.close();
    await stack?.compose.stop();
  }, MINUTE);

  it(
    'shows live quality exactly as a replay of the topics gives it',
    async () => {
      const { api, compose } = stack;
      await api.until('count(segue_slots_held == 2) == 2');
      await compose.up('listeners-1');
      await api.until('max(segue_model_generation)');
      await api.until('sum(segue_prediction_trials_total{judged="personal"}) >= 300');
      await compose.process('listeners-1').stop();
      await administration.untilCounted(new AbortController().signal);
      await api.until('sum(segue_refreshes_waiting) == bool 0');
      await stack.untilScraped();
      const shown = await shownQuality(api, 'personal|popular-alone');
      expect(Object.keys(shown).length).toBeGreaterThanOrEqual(2);
      expect(shown).toEqual(await replayQuality(administration));
      // Which popular list stood beside a personal one is on no topic; that one did, each time, can be seen.
      for (const [name, { trials }] of Object.entries(await shownQuality(api, 'popular-beside')))
        expect(trials).toBe(shown[name.replace('popular-beside', 'personal')]?.trials);
    },
    8 * MINUTE,
  );

  it(
    'shows freshness as another client measures it, within the width of a bucket',
    async () => {
      for (const figures of await probeFreshness(stack, administration)) {
        const { quantile, shown, measured, bucketWidth } = figures;
        const isClose = Math.abs(shown - measured) <= bucketWidth;
        expect({ quantile, shown, measured, isClose }).toMatchObject({ isClose: true });
      }
    },
    5 * MINUTE,
  );

  it(
    'goes on through a hand-over, bad records, and kills of who trains and who counts',
    async () => {
      const { api, compose } = stack;
      await compose.up('listeners-1');
      const request = await administration.requestRetrain({ 'gate-tolerance': '1' });
      // It came first, so it has begun; the other one follows when the session is over.
      compose.process('trainer-1').signal('SIGKILL');
      const answer = await administration.answerTo(request, 3 * MINUTE);
      expect(answer?.state).toBe('PROMOTED');
      await compose.up('trainer-1');
      await sendFaultyListens(administration, 3000);
      compose.process('segue-2').signal('SIGKILL');
      await api.until('count(segue_slots_held == 4) == 1');
      await compose.up('segue-2');
      await api.until('count(segue_slots_held == 2) == 2');
      await api.until('sum(increase(segue_hand_overs_total[30m]))');
      await api.until(
        'ALERTS{alertname="SegueDown"} or last_over_time(ALERTS{alertname="SegueDown"}[5m])',
      );
      expect(await api.now('ALERTS{alertname="SegueCountCheckFailing"}')).toEqual([]);
      await stack.untilScraped();
    },
    8 * MINUTE,
  );

  it(
    'leaves no query in error or without data, no value without sense, no legend without label',
    async () => {
      expect(await lastingFaults(allQueries(), stack.api, stack.startedMs, EXCEPTIONS)).toEqual([]);
    },
    5 * MINUTE,
  );

  it(
    'would find the renaming of any series',
    async () => {
      const span = spanSince(stack.startedMs);
      expect(await unnoticedRenamings(allQueries(), stack.api, span, EXCEPTIONS)).toEqual([]);
    },
    5 * MINUTE,
  );

  it('is scraped in no time', async () => {
    const seconds = await stack.api.value(
      'quantile_over_time(0.5, scrape_duration_seconds{job="segue"}[2m])',
    );
    process.stderr.write(`scrape of a busy process: ${Math.round(seconds! * 1000)} ms (median)\n`);
    expect(seconds).toBeGreaterThan(0);
  });
});
