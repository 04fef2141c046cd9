// Turns the UCUM units of instruments into words.

const unitNames: Record<string, string> = {
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

const perNames: Record<string, string> = {
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

/** The snake_case names of a unit, or empty strings; `per` begins with `per_`. */
export type UnitNames = { main: string; per: string }

/**
 * Translates a UCUM unit: `s` → `seconds`, `By/s` → `bytes_per_second`. An annotation such as `{post}` is no unit. The
 * letters and digits of an unlisted unit are kept.
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#metric-metadata-1
 */
export function unitSuffixes(unit: string): UnitNames {
  const [numerator = '', ...denominator] = unit.replace(/\{[^}]*\}/g, '').split('/')
  const main = translate(numerator.trim(), unitNames)
  const per = translate(denominator.join('/').trim(), perNames)
  return { main, per: per && `per_${per}` }
}

function translate(unit: string, names: Record<string, string>): string {
  // Own keys only, because a unit may be called `constructor`.
  const known = Object.hasOwn(names, unit) ? names[unit] : undefined
  return known ?? unit.replace(/[^a-zA-Z0-9]+/g, '_').replace(/^_|_$/g, '')
}
