/** A report as one page that needs nothing else: styles and charts stand in it. */
import { type Block, shown, type TableBlock } from './document';

const STYLE = `
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2129; background: #fff; margin: 0 auto; max-width: 68rem; padding: 1rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; margin: 1rem 0; } h2 { margin: 2.5rem 0 .75rem; border-bottom: 1px solid #d8dce3; padding-bottom: .25rem; } h3 { margin: 1.75rem 0 .5rem; }
p, li { max-width: 46rem; }
figure { margin: 1.25rem 0; } figcaption { color: #555f6e; font-size: .9rem; margin: .35rem 0; max-width: 46rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .6rem; border-bottom: 1px solid #e6e9ee; text-align: left; white-space: nowrap; }
th { border-bottom: 2px solid #b9c0cb; } .number { text-align: right; }
pre { background: #f5f6f8; padding: .75rem 1rem; overflow-x: auto; font-size: .85rem; }
svg { max-width: 100%; height: auto; }
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

function tableOf({ caption, columns, rows }: TableBlock): string {
  const isNumber = columns.map((_, at) => rows.some((row) => typeof row[at] === 'number'));
  const cell = (tag: 'th' | 'td') => (value: string | number, at: number) => {
    const text = typeof value === 'number' ? shown(value) : value;
    return `<${tag}${isNumber[at] ? ' class="number"' : ''}>${escaped(text)}</${tag}>`;
  };
  const row = (tag: 'th' | 'td', cells: readonly (string | number)[]) =>
    `<tr>${cells.map(cell(tag)).join('')}</tr>`;
  return [
    `<figure><figcaption>${escaped(caption)}</figcaption><div class="wide"><table>`,
    `<thead>${row('th', columns)}</thead>`,
    `<tbody>${rows.map((one) => row('td', one)).join('\n')}</tbody>`,
    '</table></div></figure>',
  ].join('\n');
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
