/** Every query that Grafana and Prometheus are given, read from the files as they are delivered. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { DASHBOARD_FOLDER, GRAFANA } from '../generate-dashboards';

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly tags: readonly string[];
  readonly links: readonly { readonly type: string; readonly tags: readonly string[] }[];
  readonly panels: readonly Panel[];
  readonly templating?: { readonly list: readonly Variable[] };
  readonly annotations?: {
    readonly list: readonly { readonly name: string; readonly expr: string }[];
  };
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly fieldConfig?: { readonly defaults: { readonly unit?: string } };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}

export interface Variable {
  readonly name: string;
  readonly type: string;
  readonly query: string;
}

export interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** One query and where it stands. */
export interface GivenQuery {
  readonly where: string;
  readonly kind: 'panel' | 'annotation' | 'variable' | 'rule';
  readonly expr: string;
  /** Of a panel. */
  readonly unit?: string | undefined;
  readonly legend?: string;
}

export function readYaml<T>(name: string): T {
  return parse(readFileSync(join(GRAFANA, name), 'utf8')) as T;
}

export function dashboards(): Dashboard[] {
  return readdirSync(DASHBOARD_FOLDER)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(DASHBOARD_FOLDER, name), 'utf8')) as Dashboard);
}

export function rules(): Rule[] {
  return readYaml<{ groups: { rules: Rule[] }[] }>('alerts.yml').groups.flatMap(
    (group) => group.rules,
  );
}

/** Panels that show data; rows and texts left out. */
export function dataPanels({ panels }: Dashboard): Panel[] {
  return panels.filter(({ type }) => type !== 'row' && type !== 'text');
}

export function allQueries(): GivenQuery[] {
  const shown = dashboards().flatMap((dashboard): GivenQuery[] => [
    ...dataPanels(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map(({ expr, legendFormat }) => ({
        where: [dashboard.title, panel.title, legendFormat]
          .filter((part) => part !== '')
          .join(' / '),
        kind: 'panel' as const,
        expr,
        unit: panel.fieldConfig?.defaults.unit,
        legend: legendFormat,
      })),
    ),
    ...(dashboard.annotations?.list ?? []).map(({ name, expr }) => ({
      where: `${dashboard.title} / ${name}`,
      kind: 'annotation' as const,
      expr,
    })),
    ...(dashboard.templating?.list ?? [])
      .filter(({ type }) => type === 'query')
      .map(({ name, query }) => ({
        where: `${dashboard.title} / $${name}`,
        kind: 'variable' as const,
        expr: query,
      })),
  ]);
  const evaluated = rules().map(({ alert, record, expr }) => ({
    where: alert ?? record ?? '',
    kind: 'rule' as const,
    expr,
  }));
  return [...shown, ...evaluated];
}
