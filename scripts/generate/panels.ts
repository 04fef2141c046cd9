// The two types of panels on the dashboards, built with Grafana's foundation SDK.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
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
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import {
  type Panel,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus'
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries'

/** The uid is set in deploy/grafana/provisioning/datasources. */
export const datasource = { type: 'prometheus', uid: 'prometheus' }

type Described = {
  title: string
  /** What the panel shows and how to read it. */
  description: string
  /** A Grafana unit: s, bytes, reqps, percentunit, short … */
  unit: string
}

/** PromQL expressions by legend. A legend may contain labels, such as `{{http_route}}`. */
export type Queries = Record<string, string>

/** A time-series panel, a third of the width or, if `wide`, half of it. `limit` draws a dashed threshold line. */
export function graph(
  options: Described & { queries: Queries; limit?: number; max?: number; stacked?: boolean; wide?: boolean },
): Builder<Panel> {
  const { queries, limit, max, stacked, wide } = options
  const panel = described(new TimeseriesBuilder(), options)
    .height(8)
    .span(wide ? 12 : 8)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .noValue('none')
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['mean', 'lastNotNull']),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
  if (max !== undefined) panel.max(max)
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
  if (limit !== undefined)
    panel
      .thresholds(steps([null, 'green'], [limit, 'red']))
      .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed))
  for (const [index, [legend, expr]] of Object.entries(queries).entries())
    panel.withTarget(query(expr, legend).refId(String.fromCharCode(65 + index)))
  return panel
}

/** A single number over a sparkline. It is red from `red` upwards or, if more is `better`, below `red`. */
export function stat(
  options: Described & { expr: string; red?: number; better?: 'more'; decimals?: number },
): Builder<Panel> {
  const { expr, red, better, decimals } = options
  const [low, high] = better === 'more' ? ['red', 'green'] : ['green', 'red']
  const panel = described(new StatBuilder(), options)
    .height(4)
    .span(4)
    .colorMode(red === undefined ? BigValueColorMode.None : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .noValue('–')
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(red === undefined ? steps([null, 'text']) : steps([null, low], [red, high]))
    .withTarget(query(expr, '').refId('A'))
  return decimals === undefined ? panel : panel.decimals(decimals)
}

function described<B extends TimeseriesBuilder | StatBuilder>(
  panel: B,
  { title, description, unit }: Described,
): B {
  panel.title(title).description(description).unit(unit).datasource(datasource)
  return panel
}

function query(expr: string, legend: string) {
  return new DataqueryBuilder().expr(expr).legendFormat(legend).range().datasource(datasource)
}

function steps(...pairs: [number | null, string | undefined][]) {
  const thresholds = pairs.map(([value, color = 'text']): Threshold => ({ value, color }))
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholds)
}
