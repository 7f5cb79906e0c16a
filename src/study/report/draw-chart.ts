/** Vega-Lite specifications drawn as SVG, without a browser. */
import type { TopLevelSpec } from 'vega-lite';
import type { ChartBlock } from './document';

const CONFIG = {
  font: 'system-ui, sans-serif',
  background: 'white',
  axis: { labelFontSize: 11, titleFontSize: 12, grid: true, gridColor: '#eceff3' },
  legend: { labelFontSize: 11, titleFontSize: 12, labelLimit: 360 },
  view: { stroke: '#d8dce3' },
  range: {
    // Okabe and Ito: told apart by everybody.
    category: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'],
    heatmap: { scheme: 'blues' },
  },
} as const;

export async function drawChart(id: string, caption: string, spec: object): Promise<ChartBlock> {
  // Loaded where it is needed: commands that draw nothing start sooner without it.
  const vega = require('vega') as typeof import('vega');
  const vegaLite = require('vega-lite') as typeof import('vega-lite');
  const compiled = vegaLite.compile({ config: CONFIG, ...spec } as unknown as TopLevelSpec).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none' });
  try {
    return { kind: 'chart', id, caption, svg: await view.toSVG() };
  } finally {
    view.finalize();
  }
}
