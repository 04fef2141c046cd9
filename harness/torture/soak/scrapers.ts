// Scrapes in every format, all the time.
import { setTimeout } from 'node:timers/promises'
import { callUnchecked, type Target } from '../../http/client.ts'

const accepts = [
  'text/plain;version=0.0.4',
  'text/plain;version=1.0.0;escaping=allow-utf-8',
  'application/openmetrics-text;version=1.0.0',
  'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
]

/** Scrapes by turns until the signal is aborted. Returns how often, and each failure. */
export async function scrapeAll({ metricsUrl }: { metricsUrl: string }, signal: AbortSignal) {
  const target: Target = { url: metricsUrl }
  const failures: string[] = []
  let scrapes = 0
  for (let turn = 0; !signal.aborted; turn++) {
    const headers = {
      Accept: accepts[turn % accepts.length] ?? '',
      'Accept-Encoding': turn % 3 === 0 ? 'gzip' : 'identity',
    }
    const { status } = await callUnchecked(target, 'GET', '/metrics', { headers })
    if (status !== 200) failures.push(`${headers.Accept}: ${status}`)
    if (turn % 10 === 0) await callUnchecked(target, 'GET', '/', {})
    scrapes++
    await setTimeout(500)
  }
  return { scrapes, failures }
}
