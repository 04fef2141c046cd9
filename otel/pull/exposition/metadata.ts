// The metadata of an exposition: `# TYPE`, `# UNIT`, `# HELP`, and target_info.
import type { Family, ProcessMetrics } from './families.ts'
import { attributeLabels, escapeLabelValue } from './labels.ts'

export type Format = 'text' | 'openmetrics'

/** The lines before a family's samples. OpenMetrics names the family; the text format names its samples. */
export function metadataOf({ type, base, sample, unit, help }: Family, format: Format): string {
  if (format === 'text') return describe(sample, type, help, format)
  return describe(base, type, help, format, unit)
}

/**
 * The resource of each process as `target_info`; empty when no resource has attributes.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#resource-attributes-1
 */
export function targetInfo(processes: ProcessMetrics[], format: Format): string {
  const labels = new Set(
    processes.map(({ resourceMetrics }) => attributeLabels(resourceMetrics.resource.attributes)),
  )
  const samples = Array.from(labels)
    .filter((text) => text !== '')
    .map((text) => `target_info{${text}} 1\n`)
    .join('')
  if (samples === '') return ''
  const help = 'The resource of the metrics.'
  return format === 'text'
    ? describe('target_info', 'gauge', help, format) + samples
    : describe('target', 'info', help, format) + samples
}

/** Linters require a help text. Only OpenMetrics escapes quotes in it. */
function describe(name: string, type: string, help: string, format: Format, unit = ''): string {
  const text = help.trim() ? help : 'No description.'
  const escaped = format === 'text' ? escapeHelp(text) : escapeLabelValue(text)
  const unitLine = unit ? `# UNIT ${name} ${unit}\n` : ''
  return `# TYPE ${name} ${type}\n${unitLine}# HELP ${name} ${escaped}\n`
}

function escapeHelp(help: string): string {
  return help.toWellFormed().replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}
