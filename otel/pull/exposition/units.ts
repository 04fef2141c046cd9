// UCUM units in Prometheus's words: `s` → `seconds`, `By/s` → `bytes_per_second`, `{post}` → nothing.

const WORDS: Record<string, string> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  kBy: 'kilobytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tebibytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '%': 'percent',
  '1': '',
}

const PER_WORDS: Record<string, string> = {
  s: 'second',
  min: 'minute',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  wk: 'week',
  mo: 'month',
  y: 'year',
  a: 'year',
}

/** Both parts are snake_case or empty; `per` begins with `per_`. */
export type UnitWords = { main: string; per: string }

/**
 * Translates a unit. Annotations (`{request}`) count as no unit; a unit that is not listed keeps its letters.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function unitWords(unit: string): UnitWords {
  const [numerator = '', ...denominator] = unit.replace(/\{[^}]*\}/g, '').split('/')
  const main = word(numerator.trim(), WORDS)
  const per = word(denominator.join('/').trim(), PER_WORDS)
  return { main, per: per && `per_${per}` }
}

function word(unit: string, words: Record<string, string>): string {
  // Own keys only: a unit may be called `constructor`.
  const known = Object.hasOwn(words, unit) ? words[unit] : undefined
  return known ?? unit.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_|_$/g, '')
}
