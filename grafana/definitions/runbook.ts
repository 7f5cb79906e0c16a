/** RUNBOOK.md as a dashboard, a panel a section, so that alerts in Grafana have somewhere to link to. */
import { type Dashboard, DashboardBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder, TextMode } from '@grafana/grafana-foundation-sdk/text';
import { finished, otherDashboards, TAG } from './build-dashboard';

export const RUNBOOK_UID = 'segue-runbook';

export interface RunbookSection {
  readonly title: string;
  readonly text: string;
}

/** The introduction first, then a section for each alert. */
export function runbookSections(markdown: string): readonly RunbookSection[] {
  const [introduction = '', ...sections] = markdown.split(/^## /m);
  return [
    { title: 'First', text: introduction.replace(/^# .*\n/, '').trim() },
    ...sections.map((section) => {
      const [title = '', ...lines] = section.split('\n');
      return { title: title.trim(), text: lines.join('\n').trim() };
    }),
  ];
}

export function buildRunbook(markdown: string): Dashboard {
  const builder = new DashboardBuilder('Segue / Runbook')
    .uid(RUNBOOK_UID)
    .description('What to do when an alert goes off.')
    .tags([TAG])
    .link(otherDashboards());
  for (const { title, text } of runbookSections(markdown))
    builder.withPanel(
      new PanelBuilder()
        .title(title)
        .description('A section of grafana/RUNBOOK.md.')
        .mode(TextMode.Markdown)
        .content(text)
        .span(12)
        .height(9),
    );
  return finished(builder.build());
}
