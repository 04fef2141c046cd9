// Shortens the durations in files of Prometheus and Alertmanager, so that days pass in minutes.

const unitMs = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A service on a busy machine cannot respond to a scrape in less. */
const shortestIntervalMs = 1_000

/**
 * Divides the durations by `divisor`: ranges in PromQL (`[5m]`), `for`, intervals, waits and timeouts, but never to
 * less than a second for scrapes and evaluations. Names, labels, texts and thresholds stay.
 */
export function shortenDurations(yaml: string, divisor: number): string {
  const shorten = (count: string, unit: string, least = 1) =>
    `${Math.max(least, Math.round((Number(count) * unitMs[unit as keyof typeof unitMs]) / divisor))}ms`
  return yaml
    .replace(/\[(\d+)([smhd])\]/g, (_, count, unit) => `[${shorten(count, unit)}]`)
    .replace(
      /^( *(?:- )?(?:scrape_\w+|evaluation_interval): )(\d+)([smhd])$/gm,
      (_, key, count, unit) => `${key}${shorten(count, unit, shortestIntervalMs)}`,
    )
    .replace(
      /^( *(?:- )?(?:for|interval|\w+_interval|\w+_wait): )(\d+)([smhd])$/gm,
      (_, key, count, unit) => `${key}${shorten(count, unit)}`,
    )
}
