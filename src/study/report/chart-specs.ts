/** The kinds of charts of a report, as Vega-Lite specifications from plain rows. */

const WIDE = 620;
const HIGH = 280;

export interface Series {
  readonly series: string;
  readonly x: number;
  readonly y: number;
}

interface Axis {
  readonly title: string;
  readonly scale?: 'linear' | 'log' | undefined;
  /** Where its ticks are; chosen well unless given. */
  readonly values?: readonly number[] | undefined;
}

export function lines(
  rows: readonly Series[],
  { x, y }: { readonly x: Axis; readonly y: Axis },
): object {
  return {
    width: WIDE,
    height: HIGH,
    data: { values: rows },
    mark: { type: 'line', point: true },
    encoding: {
      x: quantity('x', x),
      y: quantity('y', y),
      color: {
        field: 'series',
        type: 'nominal',
        title: null,
        sort: null,
        legend: { orient: 'bottom', columns: 2 },
      },
    },
  };
}

function quantity(field: string, axis: Axis): object {
  const { title, values } = axis;
  const ticks = values && { axis: { values } };
  return { field, type: 'quantitative', title, scale: scaleOf(axis), ...ticks };
}

function scaleOf({ scale = 'linear' }: Axis): object {
  return scale === 'log' ? { type: 'log', nice: false } : { zero: false, nice: true };
}

export interface Cell {
  readonly facet: string;
  readonly x: number;
  readonly y: number;
  readonly value: number;
}

/** One square a cell, with its value in it; one map a facet, on one scale of colours. */
export function heatMaps(
  rows: readonly Cell[],
  titles: { readonly x: string; readonly y: string; readonly value: string },
): object {
  const values = rows.map(({ value }) => value);
  const middle = (Math.min(...values) + Math.max(...values)) / 2;
  const encoding = {
    x: { field: 'x', type: 'ordinal', title: titles.x, axis: { labelAngle: 0, grid: false } },
    y: { field: 'y', type: 'ordinal', title: titles.y, sort: 'descending', axis: { grid: false } },
  };
  return {
    data: { values: rows },
    facet: { field: 'facet', type: 'nominal', title: null, sort: null },
    columns: 3,
    spec: {
      width: 190,
      height: 150,
      encoding,
      layer: [
        {
          mark: 'rect',
          encoding: {
            color: {
              field: 'value',
              type: 'quantitative',
              title: titles.value,
              legend: { tickCount: 4, format: '.3f' },
            },
          },
        },
        {
          mark: { type: 'text', fontSize: 10 },
          encoding: {
            text: { field: 'value', type: 'quantitative', format: '.4f' },
            color: {
              condition: { test: `datum.value > ${middle}`, value: 'white' },
              value: 'black',
            },
          },
        },
      ],
    },
  };
}

export interface Bar {
  readonly label: string;
  readonly group: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Horizontal, best first as given, with their intervals. */
export function bars(rows: readonly Bar[], title: string): object {
  const y = { field: 'label', type: 'nominal', sort: null, title: null, axis: { labelLimit: 420 } };
  return {
    width: WIDE - 180,
    height: { step: 20 },
    data: { values: rows },
    encoding: { y },
    layer: [
      {
        mark: 'bar',
        encoding: {
          x: { field: 'value', type: 'quantitative', title },
          color: { field: 'group', type: 'nominal', title: null, sort: null },
        },
      },
      {
        mark: { type: 'rule', color: '#333' },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' } },
      },
    ],
  };
}

/** How many things have at least so much: straight on these axes where the tail is long. */
export function tails(
  rows: readonly Series[],
  titles: { readonly x: string; readonly y: string },
): object {
  return {
    width: WIDE,
    height: HIGH,
    data: { values: rows },
    mark: { type: 'line', interpolate: 'step-before' },
    encoding: {
      x: { field: 'x', type: 'quantitative', title: titles.x, scale: { type: 'log' } },
      y: { field: 'y', type: 'quantitative', title: titles.y, scale: { type: 'log' } },
      color: {
        field: 'series',
        type: 'nominal',
        title: null,
        sort: null,
        legend: { orient: 'bottom' },
      },
    },
  };
}

/** Histogram value → number of things, as a tail; at most some points, evenly over the logarithm. */
export function tailOf(
  series: string,
  histogram: readonly (readonly [value: number, things: number])[],
): Series[] {
  const rows: Series[] = [];
  let atLeast = histogram.reduce((sum, [, things]) => sum + things, 0);
  let shownAt = 0;
  for (const [value, things] of histogram) {
    const isFar = value >= shownAt * 1.03;
    if (isFar) {
      rows.push({ series, x: value, y: atLeast });
      shownAt = value;
    }
    atLeast -= things;
  }
  return rows;
}
