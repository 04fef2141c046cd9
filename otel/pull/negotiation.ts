// Chooses the format and the escaping of a scrape from its Accept header.
import { type Escaping, escapings, type Format, formats } from './exposition/formats.ts'

type MediaRange = { name: string; parameters: Map<string, string>; quality: number }

type Offer = { name: string; parameters: Record<string, string> }

const offers: Record<Format, Offer> = {
  protobuf: {
    name: 'application/vnd.google.protobuf',
    parameters: { proto: 'io.prometheus.client.metricfamily', encoding: 'delimited' },
  },
  openmetrics: { name: 'application/openmetrics-text', parameters: { version: '1.0.0' } },
  'text-1.0.0': { name: 'text/plain', parameters: { version: '1.0.0' } },
  text: { name: 'text/plain', parameters: { version: '0.0.4' } },
}

/** What a wildcard is answered with, in this order: what people can read first, and the oldest version of it. */
const wildcardOrder: Format[] = ['text', 'openmetrics', 'text-1.0.0', 'protobuf']

/** Prometheus sends about 400 characters; no server needs to read thousands of ranges. */
const maxLength = 4096

/**
 * Chooses the format with the highest quality; of several, the first in the order of `formats`. A format that the header
 * names wins over one that only a wildcard matches. If it accepts none, the response is text 0.0.4: a scrape never gets a
 * 406.
 *
 * @see https://prometheus.io/docs/instrumenting/content_negotiation/
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function negotiate(accept: string | undefined): { format: Format; escaping: Escaping } {
  const ranges = parseRanges((accept ?? '*/*').slice(0, maxLength))
  let best: { format: Format; quality: number; range?: MediaRange } = { format: 'text', quality: 0 }
  for (const format of formats) {
    const range = ranges.filter((one) => matches(one, offers[format])).sort(bySpecificity)[0]
    if (range !== undefined && range.quality > best.quality) best = { format, quality: range.quality, range }
  }
  for (const format of wildcardOrder) {
    if (ranges.some((one) => matches(one, offers[format]))) continue
    const quality = wildcardQuality(ranges, offers[format].name)
    if (quality > best.quality) best = { format, quality }
  }
  const requested = best.range?.parameters.get('escaping')
  return {
    format: best.format,
    escaping: escapings.find((escaping) => escaping === requested) ?? 'underscores',
  }
}

/** A parameter that the range leaves out may have any value, but `text/plain` alone means its oldest version. */
function matches({ name, parameters }: MediaRange, offer: Offer): boolean {
  if (name !== offer.name) return false
  if (offer === offers['text-1.0.0'] && !parameters.has('version')) return false
  return Object.entries(offer.parameters).every(
    ([key, value]) => !parameters.has(key) || parameters.get(key) === value,
  )
}

const bySpecificity = (a: MediaRange, b: MediaRange) =>
  b.parameters.size - a.parameters.size || b.quality - a.quality

function wildcardQuality(ranges: MediaRange[], name: string): number {
  const type = `${name.split('/')[0]}/*`
  const range = ranges.find((one) => one.name === type) ?? ranges.find((one) => one.name === '*/*')
  return range?.quality ?? 0
}

/** Splits at commas outside quotes. Each character matches in one way only, so the time is linear. */
function parseRanges(header: string): MediaRange[] {
  return (header.match(/(?:[^,"]|"(?:[^"\\]|\\.)*(?:"|\\?$))+/gs) ?? []).map((range) => {
    const [name = '', ...rest] = range.split(';').map((part) => part.trim().toLowerCase())
    const parameters = new Map(rest.map(parseParameter))
    const quality = Number(parameters.get('q') ?? 1)
    parameters.delete('q')
    return { name, parameters, quality: quality >= 0 && quality <= 1 ? quality : 0 }
  })
}

function parseParameter(text: string): [string, string] {
  const [name = '', value = ''] = text.split('=').map((part) => part.trim())
  return [name, value.replace(/^"(.*)"$/s, '$1')]
}
