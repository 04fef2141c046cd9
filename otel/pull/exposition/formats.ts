// The formats and escapings that a scrape can request, and their content types.

/** In the order of preference when a scrape accepts several equally. */
export const formats = ['protobuf', 'openmetrics', 'text-1.0.0', 'text'] as const

export type Format = (typeof formats)[number]

/** How names with other characters than `[a-zA-Z0-9_:]` are written. */
export const escapings = ['allow-utf-8', 'underscores', 'dots', 'values'] as const

export type Escaping = (typeof escapings)[number]

const mediaTypes: Record<Format, string> = {
  protobuf: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  'text-1.0.0': 'text/plain; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
}

/**
 * Text 0.0.4 is older than the parameter `escaping`: it has it only if the scrape requested another than the default.
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/#content-type-response
 */
export function contentTypeOf(format: Format, escaping: Escaping): string {
  const isImplied = format === 'text' && escaping === 'underscores'
  return isImplied ? mediaTypes[format] : `${mediaTypes[format]}; escaping=${escaping}`
}
