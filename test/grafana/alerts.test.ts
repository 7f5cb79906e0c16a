import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runbookSections } from '../../grafana/definitions/runbook';
import { GRAFANA } from '../support/generate-dashboards';
import { dashboards, readYaml, rules } from '../support/grafana/queries';

interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly {
      readonly alertname: string;
      readonly exp_alerts: readonly unknown[];
    }[];
  }[];
}

const ALERTS = rules().filter(({ alert }) => alert !== undefined);
const SECTIONS = runbookSections(readFileSync(join(GRAFANA, 'RUNBOOK.md'), 'utf8'));

describe('the alerts', () => {
  it.each(ALERTS.map(({ alert, ...rest }) => [alert!, rest] as const))(
    '%s says what happens, how urgent it is, and where the runbook speaks of it',
    (name, { annotations, labels }) => {
      expect(['page', 'ticket']).toContain(labels?.['severity']);
      expect(annotations?.['summary']).toBeDefined();
      expect(annotations?.['description']).toMatch(/\{\{/);
      expect(annotations?.['runbook']).toBe(`grafana/RUNBOOK.md#${name.toLowerCase()}`);
      const panel = /^\/d\/segue-runbook\?viewPanel=(\d+)$/.exec(
        annotations?.['runbook_url'] ?? '',
      );
      const runbook = dashboards().find(({ uid }) => uid === 'segue-runbook')!;
      expect(runbook.panels.find(({ id }) => id === Number(panel?.[1]))?.title).toBe(name);
      expect(SECTIONS.find(({ title }) => title === name)?.text.length).toBeGreaterThan(100);
    },
  );

  it('are all of the runbook', () => {
    const [, ...sections] = SECTIONS.map(({ title }) => title);
    expect(sections).toEqual(ALERTS.map(({ alert }) => alert));
  });

  it('are each tested to go off and to keep quiet', () => {
    const cases = readYaml<RuleTests>('alerts.test.yml').tests.flatMap(
      (test) => test.alert_rule_test,
    );
    const named = (alert: string | undefined, goesOff: boolean) =>
      cases.some(
        ({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0 === goesOff,
      );
    expect(ALERTS.filter(({ alert }) => !named(alert, true)).map(({ alert }) => alert)).toEqual([]);
    const loud = ALERTS.filter(({ alert }) => !named(alert, false)).map(({ alert }) => alert);
    // A restore that goes on stands beside the one that is stuck.
    expect(loud).toEqual(['SegueRestoreStuck']);
  });
});
