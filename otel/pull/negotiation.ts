// Content negotiation of a scrape (RFC 9110, sections 12.4.2 and 12.5.1).
import type { Format } from './exposition/metadata.ts'

export const CONTENT_TYPES: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

type Choice = { name: string; version: string | undefined; quality: number }

/** OpenMetrics when the client prefers it to the text format, else always the text format: a scrape is never a 406. */
export function preferredFormat(accept: string | undefined): Format {
  const ranges = choices(accept ?? '*/*')
  const openmetrics = mediaQuality(ranges, 'application', 'openmetrics-text', '1.0.0')
  return openmetrics > mediaQuality(ranges, 'text', 'plain', '0.0.4') ? 'openmetrics' : 'text'
}

/** The quality of the most specific range that takes the type: by name before `text/*` before anything. */
function mediaQuality(ranges: Choice[], type: string, subtype: string, version: string): number {
  for (const range of [`${type}/${subtype}`, `${type}/*`, '*/*']) {
    const takers = ranges.filter(
      (choice) => choice.name === range && (choice.version === undefined || choice.version === version),
    )
    // Naming the version is more specific than leaving it open.
    const taker = takers.find((choice) => choice.version !== undefined) ?? takers[0]
    if (taker !== undefined) return taker.quality
  }
  return 0
}

function choices(header: string): Choice[] {
  return (header.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? []).map((choice) => {
    const [name = '', ...parameters] = choice.split(';').map((part) => part.trim().toLowerCase())
    const quality = Number(parameterOf(parameters, 'q') ?? 1)
    return {
      name,
      version: parameterOf(parameters, 'version'),
      quality: quality >= 0 && quality <= 1 ? quality : 0,
    }
  })
}

function parameterOf(parameters: string[], name: string): string | undefined {
  const parameter = parameters.find((text) => text.startsWith(`${name}=`))
  return parameter?.slice(name.length + 1).replaceAll('"', '')
}
