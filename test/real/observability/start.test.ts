/** What `npm start` shows at /metrics fills the same dashboards, without Kafka. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../../src/compiled-path';
import { SegueCommand } from '../../support/acceptance/segue-command';
import { GRAFANA } from '../../support/generate-dashboards';
import { allQueries } from '../../support/grafana/queries';
import {
  type Exceptions,
  lastingFaults,
  MAYBE_ZERO,
} from '../../support/observability/evaluate-queries';
import { PrometheusApi } from '../../support/observability/prometheus-api';
import { withAddresses } from '../../support/observability/scraped-stack';
import { freePorts } from '../../support/services/free-ports';
import { type GuardedProcess, startGuarded } from '../../support/services/guarded-process';
import { withPrometheus } from '../../support/services/prometheus-programs';
import { type PrometheusService, startPrometheus } from '../../support/services/prometheus-service';

const MINUTE = 60_000;

/** Nothing may be empty; what may be 0 all the time, and why. */
const EXCEPTIONS: Exceptions = {
  empty: {
    'Segue / Stream / Standbys, records behind / {{instance}} partition {{partition}}':
      'on Kafka only',
  },
  zero: {
    ...MAYBE_ZERO,
    'Segue / Catalogue / Duplicates and deletions / duplicates': 'its listeners send nothing twice',
    'Segue / Catalogue / Duplicates and deletions / deleted': 'and delete nothing',
    'Segue / Catalogue / New tracks and users / users':
      'on a quick machine all have listened before the first scrape',
    'Segue / Stream / Records dropped, by reason / {{processor}}: {{reason}}': 'the same',
    'Segue / Stream / Dead letters / dead letters': 'its listens are all well',
    'Segue / Stream / Dead letters, by reason / {{topic}}: {{reason}}': 'the same',
    'Segue / Stream / Take-overs / {{cause}}': 'all are before the first scrape',
    'Segue / Stream / Commits that did not succeed / {{failure}}': 'on Kafka only',
    'Segue / Stream / Slots followed / {{instance}}': 'on Kafka only',
    'Segue / Stream / Restored records / partition {{partition}}': 'its folder is new',
  },
};

/** What `npm start` runs, without npm in between, which would not hand on every signal. */
function npmStart(): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as {
    scripts: { start: string };
  };
  const [node, ...args] = scripts.start.split(' ');
  expect(node).toBe('node');
  return args;
}

withPrometheus(() => {
  let start: GuardedProcess;
  const segue = new SegueCommand([]);
  let prometheus: PrometheusService;
  const folder = mkdtempSync(join(tmpdir(), 'segue-start-'));

  afterAll(async () => {
    segue.killAll();
    await start?.stop();
    await prometheus?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, MINUTE);

  it(
    'npm start leaves no panel empty',
    async () => {
      const startedMs = Date.now();
      const [port] = await freePorts(1);
      const { NODE_ENV: _test, ...environment } = process.env as Record<string, string>;
      start = startGuarded({
        command: process.execPath,
        arguments: [...npmStart(), '--http-port', String(port), '--data', join(folder, 'data')],
        directory: projectRoot(),
        outputFile: join(folder, 'output.log'),
        environment,
        isolated: true,
      });
      prometheus = await startPrometheus({
        config: (own) =>
          withAddresses(readFileSync(join(GRAFANA, 'prometheus.yml'), 'utf8'), (name) => [
            name === 'segue' ? `127.0.0.1:${port}` : own,
          ]),
        ruleFiles: [join(GRAFANA, 'alerts.yml')],
      });
      const api = new PrometheusApi(prometheus.address);
      await api.until('max(segue_model_generation)');
      // Whatever the gate would say: what a second generation shows is to be seen.
      await segue.run('retrain', ['--data', join(folder, 'data'), '--gate-tolerance', '1']);
      for (const there of [
        'max(segue_model_generation) >= 2',
        'max(segue:personal_hit_rate100:ratio1h)',
        'sum(segue_hand_over_duration_seconds_count)',
        'sum(segue_count_checks_total)',
        'sum(increase(segue_retrains_total[30m]))',
      ])
        await api.until(there);
      expect(await lastingFaults(allQueries(), api, startedMs, EXCEPTIONS)).toEqual([]);
    },
    10 * MINUTE,
  );
});
