// The rules that the samples of a metric family must follow together.
export type Format = 'text' | 'openmetrics'
export type Sample = { name: string; labels: Record<string, string>; value: number }
export type Family = { name: string; type: string; help?: string; unit?: string; samples: Sample[] }

const TYPES = {
  text: ['counter', 'gauge', 'histogram'],
  openmetrics: ['counter', 'gauge', 'histogram', 'info', 'unknown'],
}

/** @throws {Error} that names the family and the rule it breaks */
export function checkFamily(family: Family, format: Format) {
  const { name, type, help, unit, samples } = family
  const fail = (rule: string): never => {
    throw new Error(`family ${name}: ${rule}`)
  }
  if (!TYPES[format].includes(type)) fail(`has type ${type}`)
  if (!help) fail('has no help')
  if (samples.length === 0) fail('has no samples')
  if (name.includes(':') || name.startsWith('__')) fail('has a reserved name')
  if (unit !== undefined && (unit === '' || !name.endsWith(`_${unit}`)))
    fail(`does not end with its unit ${unit}`)

  const seen = new Set<string>()
  for (const sample of samples) {
    const labels = Object.entries(sample.labels).sort(([a], [b]) => (a < b ? -1 : 1))
    const series = JSON.stringify([sample.name, labels])
    if (seen.has(series)) fail(`has ${series} twice`)
    seen.add(series)
    if (labels.some(([label]) => label.startsWith('_'))) fail('has a reserved label')
    if ('quantile' in sample.labels) fail('has a quantile')
    if ('le' in sample.labels !== sample.name.endsWith('_bucket') && type === 'histogram')
      fail('has le on a sample that is not a bucket, or a bucket without le')
    if ('le' in sample.labels && type !== 'histogram') fail('has le')
  }
  if (type === 'histogram') for (const group of seriesOf(samples)) checkHistogram(name, group, format, fail)
}

/** Groups samples whose labels differ only in `le`: they are one histogram and must be adjacent. */
function seriesOf(samples: Sample[]): Sample[][] {
  const groups = new Map<string, Sample[]>()
  let last: string | undefined
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [sample])
    else if (key === last) group.push(sample)
    else throw new Error(`${sample.name}: the histogram is split`)
    last = key
  }
  return Array.from(groups.values())
}

function checkHistogram(name: string, group: Sample[], format: Format, fail: (rule: string) => never) {
  const buckets = group.filter((sample) => sample.name === `${name}_bucket`)
  const bounds = buckets.map(({ labels }) => Number(labels.le?.replace('Inf', 'Infinity')))
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY) fail('does not end with +Inf')
  for (const [index, bucket] of buckets.entries()) {
    const before = buckets[index - 1]
    if (before === undefined) continue
    if (!((bounds[index] ?? 0) > (bounds[index - 1] ?? 0))) fail('has bounds out of order')
    if (bucket.value < before.value) fail('is not cumulative')
  }
  const count = group.find((sample) => sample.name === `${name}_count`)
  const sum = group.find((sample) => sample.name === `${name}_sum`)
  if (count !== undefined && count.value !== buckets.at(-1)?.value)
    fail('has a count that differs from its +Inf bucket')
  if (sum !== undefined && (sum.value < 0 || Number.isNaN(sum.value))) fail('has a sum that is not a counter')
  if (sum !== undefined && count === undefined) fail('has a sum and no count')
  if (format === 'openmetrics' && count !== undefined && sum === undefined) fail('has a count and no sum')
}
