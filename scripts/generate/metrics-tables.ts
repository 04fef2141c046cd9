// The Markdown tables of docs/metrics.md.
import { ceiling, ceilingOf, statuses } from '../../harness/catalogue/ceiling.ts'
import { familyOf } from '../../harness/catalogue/families.ts'
import type { AttributeValues, Metric } from '../../lib/metric.ts'
import { telemetryCatalogue } from '../../otel/catalogue.ts'
import { catalogue } from '../../src/metrics/catalogue.ts'

export function metricsTables(): string {
  return [
    `One process exposes at most **${number(ceiling())} series** (sample lines), \`target_info\` included.`,
    '## Recorded by the service',
    table(catalogue),
    '## Recorded by otel/: process, runtime, pull endpoint',
    table(telemetryCatalogue),
  ].join('\n\n')
}

function table(metrics: Readonly<Record<string, Metric>>): string {
  return [
    '| Metric and its name in Prometheus | Kind, unit | Attributes | Maximum series | Description |',
    '|---|---|---|---:|---|',
    ...Object.entries(metrics).map(row),
  ].join('\n')
}

function row([name, metric]: [string, Metric]): string {
  const cells = [
    `\`${name}\`<br>${samples(name, metric)}`,
    metric.unit ? `${metric.kind}, \`${metric.unit}\`` : metric.kind,
    Object.entries(metric.attributes)
      .map(([key, values]) => attribute(key, values, metric))
      .join('<br>'),
    number(ceilingOf(metric)),
    metric.description + (metric.boundaries ? ` Buckets up to ${metric.boundaries.join(', ')}.` : ''),
  ]
  return `| ${cells.join(' | ')} |`
}

function samples(name: string, metric: Metric): string {
  return `\`${familyOf(name, metric)}${metric.kind === 'histogram' ? '_{bucket,count,sum}' : ''}\``
}

function attribute(key: string, values: AttributeValues, { optional = [] }: Metric): string {
  const text = typeof values === 'string' ? named[values] : list(values)
  return `\`${key}\`: ${text}${optional.includes(key) ? ', or absent' : ''}`
}

const number = (count: number): string => count.toLocaleString('en')

const list = (values: readonly (string | boolean | number)[]): string =>
  values.length === 0 ? 'one value per process' : values.map((value) => `\`${value}\``).join(' ')

/** How the tables describe the sets of values that follow from the declared routes. */
const named: Record<Extract<AttributeValues, string>, string> = {
  routes: 'the path template of a declared route; absent if no route matched',
  statuses: list(statuses),
  'server errors': 'the status code, if it is 500 or above',
}
