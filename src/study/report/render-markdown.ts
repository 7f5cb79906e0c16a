/** A report as Markdown; its charts are files beside it. */
import { type Block, numericColumns, shown, type TableBlock } from './document';

/** `chartPath`: where the chart with this id lies, seen from the text. */
export function renderMarkdown(
  blocks: readonly Block[],
  chartPath: (id: string) => string,
): string {
  return `${blocks.map((block) => markdownOf(block, chartPath)).join('\n\n')}\n`;
}

function markdownOf(block: Block, chartPath: (id: string) => string): string {
  switch (block.kind) {
    case 'heading':
      return `${'#'.repeat(block.level)} ${block.text}`;
    case 'paragraph':
      return block.text;
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'code':
      return `\`\`\`text\n${block.text}\n\`\`\``;
    case 'table':
      return tableOf(block);
    case 'chart':
      return `![${block.caption}](${chartPath(block.id)})\n\n${block.caption}`;
  }
}

function tableOf(block: TableBlock): string {
  const { caption, columns, rows } = block;
  const cell = (value: string | number) =>
    (typeof value === 'number' ? shown(value) : value).replaceAll('|', '\\|');
  const isNumber = numericColumns(block);
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    `**${caption}**`,
    '',
    line(columns.map(cell)),
    line(isNumber.map((number) => (number ? '---:' : '---'))),
    ...rows.map((row) => line(row.map(cell))),
  ].join('\n');
}
