/** One panel for Grafana. What all panels of a kind have in common stands here, once. */
import { PanelBuilder as BarGaugeBuilder } from '@grafana/grafana-foundation-sdk/bargauge';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BarGaugeDisplayMode,
  BigValueColorMode,
  BigValueGraphMode,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizOrientation,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { type Limits, type PanelSpec, type Query, UNITS } from './spec';

export const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' };

const REFS = 'ABCDEFGHIJ';

export function dataQuery({ expr, legend }: Query, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(REFS[index] as string)
    .datasource(DATA_SOURCE)
    .expr(expr)
    .legendFormat(legend);
}

/** What the builders of all kinds of panels share. */
interface AnyPanelBuilder extends Builder<Panel> {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: typeof DATA_SOURCE): this;
  targets(targets: DataqueryBuilder[]): this;
  unit(unit: string): this;
  span(columns: number): this;
  height(rows: number): this;
  min(min: number): this;
  max(max: number): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
}

export function buildPanel(spec: PanelSpec): Builder<Panel> {
  const builder = BUILDERS[spec.kind](spec) as AnyPanelBuilder;
  const isInstant = spec.kind === 'bars' || spec.kind === 'table';
  const targets = spec.queries.map((query, index) => {
    const target = dataQuery(query, index);
    if (spec.kind === 'heatmap') target.format(PromQueryFormat.Heatmap);
    if (spec.kind === 'table') target.format(PromQueryFormat.Table);
    return isInstant ? target.instant() : target.range();
  });
  builder
    .title(spec.title)
    .description(spec.description)
    .datasource(DATA_SOURCE)
    .targets(targets)
    .unit(UNITS[spec.unit])
    .span(spec.width ?? (spec.kind === 'stat' ? 4 : 8))
    .height(spec.height ?? (spec.kind === 'stat' ? 4 : 8))
    .thresholds(thresholds(spec.limits));
  // Counts and times never fall below 0, and an axis that begins there does not exaggerate.
  if (spec.kind !== 'stat') builder.min(0);
  if (spec.max !== undefined) builder.max(spec.max);
  return builder;
}

const BUILDERS: Readonly<Record<PanelSpec['kind'], (spec: PanelSpec) => Builder<Panel>>> = {
  stat: () =>
    new StatBuilder()
      .colorMode(BigValueColorMode.Value)
      .graphMode(BigValueGraphMode.Area)
      .reduceOptions(lastValue()),
  lines: ({ limits }) =>
    limits === undefined
      ? lines()
      : // Without a style limits are not drawn.
        lines().thresholdsStyle(
          new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed),
        ),
  stack: () =>
    lines().fillOpacity(40).stacking(new StackingConfigBuilder().mode(StackingMode.Normal)),
  heatmap: ({ unit }) =>
    new HeatmapBuilder().cellGap(0).yAxis(new YAxisConfigBuilder().unit(UNITS[unit])),
  bars: () =>
    new BarGaugeBuilder()
      .displayMode(BarGaugeDisplayMode.Basic)
      .orientation(VizOrientation.Horizontal)
      .reduceOptions(lastValue()),
  table: () => new TableBuilder(),
};

function lines(): TimeseriesBuilder {
  return new TimeseriesBuilder()
    .lineWidth(1)
    .fillOpacity(8)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
}

function lastValue(): ReduceDataOptionsBuilder {
  return new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false);
}

function thresholds(limits: Limits | undefined): ThresholdsConfigBuilder {
  const builder = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute);
  if (limits === undefined) return builder.steps([{ value: null, color: 'text' }]);
  if ('above' in limits) {
    const [doubtful, bad] = limits.above;
    return builder.steps([
      { value: null, color: 'green' },
      { value: doubtful, color: 'yellow' },
      { value: bad, color: 'red' },
    ]);
  }
  const [doubtful, bad] = limits.below;
  return builder.steps([
    { value: null, color: 'red' },
    { value: bad, color: 'yellow' },
    { value: doubtful, color: 'green' },
  ]);
}
