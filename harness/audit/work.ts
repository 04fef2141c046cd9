// What requests left in a page of the pull endpoint and in a push, in the same terms.

import { type Push, sampleKey, samplesOf } from '../telemetry/otlp-decoder.ts'
import type { Scrape } from '../telemetry/scrape.ts'
import type { Tally } from './tally.ts'

/** The rest moves by itself, or with each scrape. */
const isWork = (name: string) =>
  /^(http_server|microposts)_/.test(name) && !/^microposts_(scrape|migrations|build)_/.test(name)

/** Every sample of a page that is due to requests. Sums of seconds are rounded: each reader adds up for itself. */
export const workOfPage = (page: Scrape): Tally =>
  new Map(
    [...page.families.values()]
      .filter(({ name }) => isWork(name))
      .flatMap(({ samples }) =>
        samples.map(({ name, labels, value }) => [sampleKey(name, labels), rounded(value)] as const),
      ),
  )

/** The same of a push. */
export const workOfPush = (push: Push | undefined): Tally =>
  new Map(
    [...(push ? samplesOf(push) : [])]
      .filter(([key]) => isWork(key))
      .map(([key, value]) => [key, rounded(value)] as const),
  )

const rounded = (value: number) => Number(value.toPrecision(10))
