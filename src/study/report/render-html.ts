/** A report as one page that needs nothing else: styles and charts stand in it. */
import { type Block, numericColumns, shown, type TableBlock } from './document';

const STYLE = `
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2129; background: #fff; margin: 0 auto; max-width: 76rem; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 1rem 0; } h2 { margin: 2.5rem 0 .75rem; border-bottom: 1px solid #d8dce3; padding-bottom: .25rem; } h3 { margin: 1.75rem 0 .5rem; }
p, li { max-width: 46rem; }
figure { margin: 1.25rem 0; } figcaption { color: #555f6e; font-size: .9rem; margin: .35rem 0; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .8rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .45rem; border-bottom: 1px solid #e6e9ee; text-align: left; vertical-align: bottom; white-space: nowrap; }
th { border-bottom: 2px solid #b9c0cb; } th.group { border-bottom: 1px solid #d8dce3; text-align: center; } .number { text-align: right; }
tbody tr > :first-child, thead tr:first-child > :first-child { position: sticky; left: 0; background: #fff; }
tbody tr > :first-child { white-space: normal; min-width: 8.5rem; }
td:last-child:not(.number) { white-space: normal; min-width: 9rem; }
pre { background: #f5f6f8; padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; }
svg { max-width: 100%; min-width: 36rem; height: auto; }
`;

export function renderHtml(title: string, blocks: readonly Block[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    ...blocks.map(htmlOf),
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function htmlOf(block: Block): string {
  switch (block.kind) {
    case 'heading':
      return `<h${block.level}>${escaped(block.text)}</h${block.level}>`;
    case 'paragraph':
      return `<p>${escaped(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${escaped(item)}</li>`).join('')}</ul>`;
    case 'code':
      return `<pre>${escaped(block.text)}</pre>`;
    case 'table':
      return tableOf(block);
    case 'chart':
      return `<figure id="${escaped(block.id)}"><div class="wide">${block.svg}</div><figcaption>${escaped(block.caption)}</figcaption></figure>`;
  }
}

function tableOf(block: TableBlock): string {
  const isNumber = numericColumns(block);
  const cell = (value: string | number, at: number) => {
    const text = typeof value === 'number' ? shown(value) : value;
    return `<td${isNumber[at] ? ' class="number"' : ''}>${escaped(text)}</td>`;
  };
  return [
    `<figure><figcaption>${escaped(block.caption)}</figcaption><div class="wide"><table>`,
    `<thead>${headOf(block.columns, isNumber)}</thead>`,
    `<tbody>${block.rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</tbody>`,
    '</table></div></figure>',
  ].join('\n');
}

/** Columns `name@10`, `name@20` … stand under one name, so that they are no wider than their numbers. */
function headOf(columns: readonly string[], isNumber: readonly boolean[]): string {
  const parts = columns.map((column) => column.split('@') as [string, string | undefined]);
  const cell = (text: string, at: number, span = '') =>
    `<th${isNumber[at] ? ' class="number"' : ''}${span}>${escaped(text)}</th>`;
  const isGrouped = parts.some(([, below]) => below !== undefined);
  if (!isGrouped) return `<tr>${columns.map((column, at) => cell(column, at)).join('')}</tr>`;
  const above = parts.map(([name, below], at) => {
    if (below === undefined) return cell(name, at, ' rowspan="2"');
    if (at > 0 && parts[at - 1]![0] === name) return '';
    const end = parts.findIndex(([other], from) => from > at && other !== name);
    const width = (end < 0 ? parts.length : end) - at;
    return `<th class="group" colspan="${width}">${escaped(name)}</th>`;
  });
  const below = parts.map(([, text], at) => (text === undefined ? '' : cell(`@${text}`, at)));
  return `<tr>${above.join('')}</tr><tr>${below.join('')}</tr>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
}
