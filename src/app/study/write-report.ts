/** The report of a study: one page, the same as Markdown with its charts beside it, and as JSON. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Block } from '../../study/report/document';
import { renderHtml } from '../../study/report/render-html';
import { renderMarkdown } from '../../study/report/render-markdown';
import { aucSection, growthSection } from './comparison-sections';
import type { StudyReport } from './report-data';
import { dataSection, makingSection, summarySection } from './report-sections';
import { splitSection } from './split-section';

export interface ReportFiles {
  readonly html: string;
  readonly markdown: string;
  readonly json: string;
}

const TITLE = 'Music recommendations: the offline study';
const CHARTS = 'charts';

export async function writeReport(folder: string, report: StudyReport): Promise<ReportFiles> {
  const blocks = await reportBlocks(report);
  const files = {
    html: join(folder, 'report.html'),
    markdown: join(folder, 'report.md'),
    json: join(folder, 'report.json'),
  };
  await mkdir(join(folder, CHARTS), { recursive: true });
  for (const block of blocks)
    if (block.kind === 'chart') await writeFile(join(folder, CHARTS, `${block.id}.svg`), block.svg);
  await writeFile(files.html, renderHtml(TITLE, blocks));
  await writeFile(
    files.markdown,
    renderMarkdown(blocks, (id) => `${CHARTS}/${id}.svg`),
  );
  await writeFile(files.json, `${JSON.stringify(report, null, 1)}\n`);
  return files;
}

export async function reportBlocks(report: StudyReport): Promise<Block[]> {
  const splits: Block[] = [];
  for (const split of report.splits) splits.push(...(await splitSection(split)));
  const [first] = report.splits;
  return [
    ...summarySection(report),
    ...(await dataSection(report)),
    ...splits,
    ...(first ? await growthSection(first) : []),
    ...(first ? aucSection(first) : []),
    ...makingSection(report),
  ];
}
