// The largest number of series that one process can expose, whatever clients send.
import type { AttributeValues, Metric } from '../../lib/metric.ts'
import { telemetryCatalogue } from '../../otel/catalogue.ts'
import { catalogue } from '../../src/metrics/catalogue.ts'
import type { RequestOutcome } from '../../src/metrics/instruments.ts'
import { possibleOutcomes } from './request-outcomes.ts'

/** Attribute values as Prometheus shows them. */
export type AttributeSet = Readonly<Record<string, string>>

const outcomes = possibleOutcomes()
const routes = [...new Set(outcomes.flatMap(({ route }) => route ?? []))]
/** The possible values of `http.response.status_code`, sorted. */
export const statuses = [...new Set(outcomes.map(({ status }) => status))].sort((a, b) => a - b)

/** Returns the ceiling of all metrics together, with `target_info`. */
export function ceiling(): number {
  const metrics: Metric[] = [...Object.values(catalogue), ...Object.values(telemetryCatalogue)]
  return metrics.reduce((sum, metric) => sum + ceilingOf(metric), 1)
}

/** Returns the ceiling of one metric in lines of samples; a histogram has several for each attribute set. */
export function ceilingOf(metric: Metric): number {
  const { kind, boundaries = [] } = metric
  // A line for each bucket, and +Inf, count and sum.
  const lines = kind === 'histogram' ? boundaries.length + 3 : 1
  return attributeSets(metric).length * lines
}

/** Returns every attribute set that a metric can have. Attributes that are constant in a process are left out. */
export function attributeSets({ attributes, optional = [] }: Metric): AttributeSet[] {
  const hasOutcome = 'http.response.status_code' in attributes
  const factors = Object.entries(attributes)
    .filter(([key]) => !hasOutcome || !ofOutcome.includes(key))
    .map(([key, values]) => choices(key, values, optional.includes(key)))
  if (hasOutcome) factors.push(outcomes.map((outcome) => outcomeSet(outcome, attributes)))
  return factors.reduce(product, [{}])
}

/** Attributes that depend on each other: a route has certain methods and statuses; the error type is the status. */
const ofOutcome = ['http.request.method', 'http.route', 'http.response.status_code', 'error.type']

function outcomeSet(
  { method, route, status }: RequestOutcome,
  attributes: Metric['attributes'],
): AttributeSet {
  return {
    'http.request.method': method,
    'http.response.status_code': String(status),
    ...(route && { 'http.route': route }),
    ...('error.type' in attributes && status >= 500 && { 'error.type': String(status) }),
  }
}

function choices(key: string, values: AttributeValues, isOptional: boolean): AttributeSet[] {
  if (values === 'routes') return choices(key, routes, true)
  if (typeof values === 'string')
    throw new Error(`${key}: ${values} need the attribute http.response.status_code.`)
  const sets = values.map((value) => ({ [key]: String(value) }))
  return isOptional || sets.length === 0 ? [...sets, {}] : sets
}

const product = (sets: AttributeSet[], more: AttributeSet[]) =>
  sets.flatMap((set) => more.map((choice) => ({ ...set, ...choice })))
