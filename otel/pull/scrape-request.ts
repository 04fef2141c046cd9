// Reads the headers of a scrape: accepted format, timeout, bearer token.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Format } from './exposition/metadata.ts'

export const contentTypes: Record<Format, string> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * OpenMetrics if the client prefers it to the text format, otherwise the text format: a scrape never gets a 406.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function preferredFormat(accept: string | undefined): Format {
  const ranges = parseRanges(accept ?? '*/*')
  const openmetrics = mediaQuality(ranges, 'application', 'openmetrics-text', '1.0.0')
  return openmetrics > mediaQuality(ranges, 'text', 'plain', '0.0.4') ? 'openmetrics' : 'text'
}

type MediaRange = { name: string; version: string | undefined; quality: number }

/** The quality of the most specific media range that matches the type. */
function mediaQuality(ranges: MediaRange[], type: string, subtype: string, version: string): number {
  for (const name of [`${type}/${subtype}`, `${type}/*`, '*/*']) {
    const matches = ranges.filter(
      (range) => range.name === name && (range.version === undefined || range.version === version),
    )
    // A range with a version is more specific than one without.
    const match = matches.find((range) => range.version !== undefined) ?? matches[0]
    if (match !== undefined) return match.quality
  }
  return 0
}

function parseRanges(header: string): MediaRange[] {
  return (header.match(/(?:[^,"]|"(?:\\.|[^"\\])*")+/g) ?? []).map((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
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

const defaultTimeoutMs = 9_000
const marginMs = 500
const maxTimeoutMs = 3_600_000

/**
 * How long a scrape may take: half a second less than Prometheus waits, so that it still gets the 503; half of its
 * timeout if that is less than a second.
 */
export function scrapeTimeoutMs(scrapeTimeoutSeconds: string | string[] | undefined): number {
  const prometheusMs = Number(scrapeTimeoutSeconds) * 1000
  if (!(prometheusMs > 0)) return defaultTimeoutMs
  return Math.min(Math.max(prometheusMs - marginMs, prometheusMs / 2), maxTimeoutMs)
}

/** Whether an Authorization header has the bearer token (RFC 6750). Takes the same time for every wrong token. */
export function hasToken(authorization: string | undefined, token: string): boolean {
  const given = /^bearer +(\S+)$/i.exec(authorization ?? '')?.[1] ?? ''
  return timingSafeEqual(sha256(given), sha256(token))
}

const sha256 = (text: string) => createHash('sha256').update(text).digest()
