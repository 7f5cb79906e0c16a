import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UNITS } from '../../grafana/definitions/spec';
import { SERIES, type SeriesName } from '../../src/telemetry/series';
import { DASHBOARD_FOLDER, freshDashboards } from '../support/generate-dashboards';
import { allQueries, dashboards, dataPanels, readYaml } from '../support/grafana/queries';

/** The series that a query reads, each with its label matchers. */
function seriesIn(expr: string): { name: string; labels: string[] }[] {
  return [...expr.matchAll(/\b(segue_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, name = '', matchers = '']) => ({
      name,
      labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map((match) => match[1]!),
    }),
  );
}

/** The series in the table that an exported name belongs to. */
function tableName(name: string): SeriesName | undefined {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  if (name in SERIES) return name as SeriesName;
  return base in SERIES && SERIES[base as SeriesName].type === 'histogram'
    ? (base as SeriesName)
    : undefined;
}

const SCRAPED = ['instance', 'job'];
const QUERIES = allQueries();

describe('the dashboards', () => {
  it('are fresh (npm run generate writes them)', () => {
    for (const [name, text] of freshDashboards())
      expect({ name, text: readFileSync(join(DASHBOARD_FOLDER, name), 'utf8') }).toEqual({
        name,
        text,
      });
    expect(dashboards().length).toBe(freshDashboards().size);
  });

  it('read only series that exist, by labels that these have', () => {
    const wrong = QUERIES.flatMap(({ where, expr }) =>
      seriesIn(expr).flatMap(({ name, labels }) => {
        const found = tableName(name);
        if (found === undefined) return [`${where}: ${name}`];
        const known: readonly string[] = [...SERIES[found].labels, ...SCRAPED, 'le'];
        return labels
          .filter((label) => !known.includes(label))
          .map((label) => `${where}: ${label}`);
      }),
    );
    expect(wrong).toEqual([]);
    expect(QUERIES.length).toBeGreaterThan(120);
  });

  it('group by labels that some series of the query has', () => {
    const wrong = QUERIES.flatMap(({ where, expr }) => {
      const known = new Set<string>([...SCRAPED, 'le', 'kind']);
      for (const { name } of seriesIn(expr))
        for (const label of SERIES[tableName(name)!].labels) known.add(label);
      return [...expr.matchAll(/\bby \(([^)]*)\)/g)]
        .flatMap((match) => match[1]!.split(',').map((label) => label.trim()))
        .filter((label) => label !== '' && !known.has(label))
        .map((label) => `${where}: ${label}`);
    });
    expect(wrong).toEqual([]);
  });

  it('show every series there is', () => {
    const shown = new Set(
      QUERIES.flatMap(({ expr }) => seriesIn(expr).map(({ name }) => tableName(name))),
    );
    // Scrapes that go wrong in this way show as a growing duration of scrapes.
    shown.add('segue_series_refused_total');
    const hidden = (Object.keys(SERIES) as SeriesName[]).filter((name) => !shown.has(name));
    expect(hidden).toEqual([]);
  });

  it.each(dashboards().map((dashboard) => [dashboard.title, dashboard] as const))(
    '%s: every panel says what it shows and what to do, with a unit and a legend',
    (_title, dashboard) => {
      const units: readonly string[] = Object.values(UNITS);
      for (const panel of dataPanels(dashboard)) {
        const { title, description, fieldConfig, targets = [] } = panel;
        expect({ title, length: (description ?? '').length }).not.toEqual({ title, length: 0 });
        expect((description ?? '').length).toBeGreaterThan(60);
        expect(units).toContain(fieldConfig?.defaults.unit);
        expect(targets.length).toBeGreaterThan(0);
        for (const { expr, legendFormat } of targets) {
          // What tells the lines apart must stand in the legend.
          const by = /^(?:sum|max|min)? ?by \(([^)]*)\)/.exec(expr)?.[1];
          const label = by?.split(',')[0]?.trim();
          if (label !== undefined && label !== 'le' && panel.type !== 'table')
            expect({ title, legendFormat }).toEqual({
              title,
              legendFormat: expect.stringContaining(`{{${label}}}`),
            });
        }
      }
    },
  );

  it('number their panels, keep them within the grid, and link to each other', () => {
    for (const { panels, links, tags, title } of dashboards()) {
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      expect({ title, tags }).toEqual({ title, tags: ['segue'] });
      expect(links).toEqual([expect.objectContaining({ type: 'dashboards', tags: ['segue'] })]);
    }
  });

  it('have titles that differ within each dashboard', () => {
    for (const dashboard of dashboards()) {
      const titles = dataPanels(dashboard).map(({ title }) => title);
      expect([...titles].sort()).toEqual([...new Set(titles)].sort());
    }
  });
});

describe('the provisioning', () => {
  interface Source {
    readonly datasources: readonly { readonly jsonData: { readonly timeInterval: string } }[];
  }
  interface Scraping {
    readonly global: { readonly scrape_interval: string };
    readonly rule_files: readonly string[];
  }

  it('tells Grafana the interval at which Prometheus scrapes', () => {
    const { datasources } = readYaml<Source>('provisioning/datasources/prometheus.yml');
    const { global, rule_files } = readYaml<Scraping>('prometheus.yml');
    expect(datasources.map(({ jsonData }) => jsonData.timeInterval)).toEqual([
      global.scrape_interval,
    ]);
    expect(rule_files).toEqual(['alerts.yml']);
  });

  it('says nothing that Grafana would pass over without a word', () => {
    // As Grafana's pages on provisioning list them.
    const known = {
      'datasources/prometheus.yml': [
        ...['name', 'type', 'access', 'orgId', 'uid', 'url', 'user', 'database', 'basicAuth'],
        ...['basicAuthUser', 'withCredentials', 'isDefault', 'jsonData', 'secureJsonData'],
        ...['version', 'editable'],
      ],
      'dashboards/dashboards.yml': [
        ...['name', 'orgId', 'folder', 'folderUid', 'type', 'disableDeletion', 'options'],
        ...['updateIntervalSeconds', 'allowUiUpdates'],
      ],
    };
    for (const [name, keys] of Object.entries(known)) {
      const { apiVersion, ...lists } = readYaml<Record<string, object[]>>(`provisioning/${name}`);
      expect(apiVersion).toBe(1);
      const given = Object.values(lists).flat().flatMap(Object.keys);
      expect(given.filter((key) => !keys.includes(key))).toEqual([]);
      expect(given).toEqual(expect.arrayContaining(['name', 'type']));
    }
  });
});
