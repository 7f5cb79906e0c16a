/** What Prometheus' own tool says of the files and of the names of all series. */
import { PrometheusMeter } from '../../src/telemetry/prometheus-meter';
import { GRAFANA } from '../support/generate-dashboards';
import { promtool, withPrometheus } from '../support/services/prometheus-programs';

withPrometheus(() => {
  it.each([
    ['the configuration', ['check', 'config', 'prometheus.yml']],
    ['the rules', ['check', 'rules', 'alerts.yml']],
    ["the rules' own tests", ['test', 'rules', 'alerts.test.yml']],
  ])('promtool passes %s', async (_what, args) => {
    const { code, output } = await promtool(GRAFANA, args);
    expect({ code, output }).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });
  });

  it('promtool finds nothing wrong with the names, units and texts of any series', async () => {
    expect(await checked(await new PrometheusMeter().text())).toEqual({ code: 0, output: '' });
  });

  it('promtool would find a counter without _total, and a gauge with it', async () => {
    const wrong = [
      ['# HELP a A.', '# TYPE a counter', 'a 1'],
      ['# HELP b_total B.', '# TYPE b_total gauge', 'b_total 1'],
    ];
    for (const lines of wrong)
      expect(await checked(`${lines.join('\n')}\n`)).toEqual({
        code: 3,
        output: expect.stringContaining('_total'),
      });
  });
});

function checked(exposition: string) {
  return promtool(GRAFANA, ['check', 'metrics'], exposition);
}
