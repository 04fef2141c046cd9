// The comment lines of a page: type, unit, help, and what the target says of itself.
import type { Family, Source } from './families.ts'
import { attributeLabels, escapeLabelValue } from './labels.ts'

export type Format = 'text' | 'openmetrics'

/** The lines before a family's samples. OpenMetrics names the family, the text format its samples. */
export function metadataOf({ type, base, sample, unit, help }: Family, format: Format): string {
  if (format === 'text') return describe(sample, type, help, format)
  return describe(base, type, help, format, unit)
}

/**
 * The resource of each source as `target_info`, before everything else; nothing when no source has attributes.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1
 */
export function targetInfo(sources: Source[], format: Format): string {
  const labels = new Set(
    sources.map(({ resourceMetrics }) => attributeLabels(resourceMetrics.resource.attributes)),
  )
  const samples = Array.from(labels)
    .filter((text) => text !== '')
    .map((text) => `target_info{${text}} 1\n`)
    .join('')
  if (samples === '') return ''
  const help = 'The resource that the metrics are of.'
  return format === 'text'
    ? describe('target_info', 'gauge', help, format) + samples
    : describe('target', 'info', help, format) + samples
}

/** Help is never empty: linters ask for it. Only OpenMetrics escapes quotes in it. */
function describe(name: string, type: string, help: string, format: Format, unit = ''): string {
  const words = help.trim() ? help : 'No description.'
  const text = format === 'text' ? escapeHelp(words) : escapeLabelValue(words)
  const unitLine = unit ? `# UNIT ${name} ${unit}\n` : ''
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${text}\n`
}

function escapeHelp(help: string): string {
  return help.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
