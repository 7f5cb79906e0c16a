/** From our description of a dashboard to Grafana's JSON: variables, links, annotations, rows of panels. */
import {
  AnnotationQueryBuilder,
  CustomVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { buildPanel, DATA_SOURCE, dataQuery } from './build-panel';
import type { DashboardSpec } from './spec';

export const TAG = 'segue';

/** One point when another generation serves, with its number; looks back over a few scrapes. */
export const NEW_GENERATION =
  'count_values("generation", max(segue_model_generation)) ' +
  'unless count_values("generation", max(segue_model_generation offset 1m))';

export function buildDashboard({ uid, title, description, rows }: DashboardSpec): Dashboard {
  const builder = new DashboardBuilder(`Segue / ${title}`)
    .uid(uid)
    .description(description)
    .tags([TAG])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-1h', to: 'now' })
    .refresh('10s')
    .link(otherDashboards())
    .annotation(generations());
  for (const variable of variables()) builder.withVariable(variable);
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title));
    for (const panel of row.panels) builder.withPanel(buildPanel(panel));
  }
  return finished(builder.build());
}

/** What the SDK cannot say: numbered panels; links and marks in sight, not in a menu. */
export function finished(dashboard: Dashboard): Dashboard {
  dashboard.panels?.forEach((panel, place) => {
    panel.id = place + 1;
  });
  for (const shown of [...(dashboard.links ?? []), ...(dashboard.annotations?.list ?? [])])
    delete shown.placement;
  return dashboard;
}

function variables() {
  const labels = (name: string, label: string, query: string, description: string) =>
    new QueryVariableBuilder(name)
      .label(label)
      .description(description)
      .datasource(DATA_SOURCE)
      .query(query)
      .refresh(VariableRefresh.OnTimeRangeChanged)
      .sort(VariableSort.NaturalAsc)
      .multi(true)
      .includeAll(true)
      .allValue('.*')
      .current({ text: 'All', value: '$__all' });
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type('prometheus'),
    labels('instance', 'Instance', 'label_values(segue_build_info, instance)', 'Processes.'),
    labels(
      'partition',
      'Partition',
      'label_values(segue_steps_total, partition)',
      'Slots; slot k is partition k of every topic.',
    ),
    new CustomVariableBuilder('window')
      .label('Quality over')
      .description('How far back live quality is added up.')
      .values('15m,1h,6h,1d')
      .current({ text: '1h', value: '1h' }),
  ];
}

export function otherDashboards(): DashboardLinkBuilder {
  return new DashboardLinkBuilder('Segue')
    .type(DashboardLinkType.Dashboards)
    .tags([TAG])
    .includeVars(true)
    .keepTime(true);
}

function generations(): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder()
    .name('New generation')
    .datasource(DATA_SOURCE)
    .enable(true)
    .iconColor('purple')
    .expr(NEW_GENERATION)
    .step('15s')
    .titleFormat('Generation {{generation}} serves')
    .target(dataQuery({ expr: NEW_GENERATION, legend: '{{generation}}' }, 0));
}
