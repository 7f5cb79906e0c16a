/** Writes grafana/dashboards from their definitions. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dashboardFiles } from '../../grafana/definitions/dashboards';
import { projectRoot } from '../../src/compiled-path';

export const GRAFANA = join(projectRoot(), 'grafana');
export const DASHBOARD_FOLDER = join(GRAFANA, 'dashboards');

export function freshDashboards(): ReadonlyMap<string, string> {
  return dashboardFiles(readFileSync(join(GRAFANA, 'RUNBOOK.md'), 'utf8'));
}

export function generateDashboards(): void {
  for (const [name, text] of freshDashboards()) writeFileSync(join(DASHBOARD_FOLDER, name), text);
}
