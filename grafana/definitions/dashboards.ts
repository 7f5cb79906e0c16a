/** All files of grafana/dashboards, by name. */
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { buildDashboard } from './build-dashboard';
import { CATALOGUE } from './catalogue';
import { RECOMMENDATIONS } from './recommendations';
import { buildRunbook, RUNBOOK_UID } from './runbook';
import type { DashboardSpec } from './spec';
import { STREAM } from './stream';

/** The first one is Grafana's home. */
export const DASHBOARDS: readonly DashboardSpec[] = [RECOMMENDATIONS, STREAM, CATALOGUE];

/** File name → text; `runbook` is the text of RUNBOOK.md. */
export function dashboardFiles(runbook: string): ReadonlyMap<string, string> {
  const files = DASHBOARDS.map((spec) => [spec.uid, buildDashboard(spec)] as const);
  return new Map(
    [...files, [RUNBOOK_UID, buildRunbook(runbook)] as const].map(([uid, dashboard]) => [
      `${uid}.json`,
      text(dashboard),
    ]),
  );
}

function text(dashboard: Dashboard): string {
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}
