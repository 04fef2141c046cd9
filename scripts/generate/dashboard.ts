// Builds a Grafana dashboard: variables, rows of panels, and links to the other dashboards.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { datasource } from './panels.ts'

const variables = {
  instance: 'label_values(target_info{job="microposts"}, instance)',
  route: 'label_values(http_server_request_duration_seconds_count{job="microposts"}, http_route)',
}

export type DashboardOptions = {
  name: string
  title: string
  description: string
  variables: (keyof typeof variables)[]
  rows: Record<string, Builder<Panel>[]>
}

/** PromQL matchers for the variables `instance` and `route` of a dashboard. */
export const instance = 'job="microposts", instance=~"$instance"'
export const route = `${instance}, http_route=~"$route"`

/** Returns the JSON of a dashboard. */
export function dashboard({ name, title, description, variables: selected, rows }: DashboardOptions): string {
  const builder = new DashboardBuilder(title)
    .uid(`microposts-${name}`)
    .description(description)
    .tags(['microposts'])
    .readonly()
    .refresh('30s')
    .time({ from: 'now-3h', to: 'now' })
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder('microposts')
        .type(DashboardLinkType.Dashboards)
        .tags(['microposts'])
        .includeVars(true)
        .keepTime(true),
    )
  for (const variable of selected) builder.withVariable(queryVariable(variable))
  let id = 1
  for (const [row, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(row).id(id++))
    for (const panel of panels) builder.withPanel({ build: () => ({ ...panel.build(), id: id++ }) })
  }
  return `${JSON.stringify(builder.build(), null, 2)}\n`
}

/** The choice "All" also matches series without the label, such as requests that match no route. */
function queryVariable(variable: keyof typeof variables) {
  return new QueryVariableBuilder(variable)
    .label(variable)
    .datasource(datasource)
    .query(variables[variable])
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}
