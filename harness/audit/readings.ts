// What the service counted, from the last values that a process pushed.

import { attributesOf, metricsOf, type Push } from '../telemetry/otlp-decoder.ts'
import type { Received } from '../telemetry/otlp-sink.ts'
import { type Tally, tally } from './tally.ts'

/** One value of one series: of a histogram there are two, its count and its sum. */
type Value = { name: string; attributes: Readonly<Record<string, string>>; value: number }

export type Readings = ReturnType<typeof createReadings>

/** The last push of each process, by its instance id, in the order in which the processes began. */
export function lastPushes(received: readonly Received[]): Push[] {
  const last = new Map<string, Push>()
  for (const { push } of received)
    for (const { resource } of push.resourceMetrics)
      last.set(attributesOf(resource.attributes)['service.instance.id'] ?? '', push)
  return [...last.values()]
}

/** All processes together: what is cumulative adds up, and what goes up and down ends at 0 in each. */
export function createReadings(pushes: readonly Push[]) {
  const values = pushes.flatMap(valuesOf)
  return {
    /** A metric by what `key` makes of the attributes of each series; undefined leaves the series out. */
    by: (name: string, key: (attributes: Value['attributes']) => string | undefined): Tally =>
      tally(
        values.filter((value) => value.name === name),
        ({ attributes }) => key(attributes),
        ({ value }) => value,
      ),
  }
}

/** A histogram's are `NAME count` and `NAME sum`. */
function valuesOf(push: Push): Value[] {
  return metricsOf(push).flatMap(({ name, sum, gauge, histogram }) => [
    ...(sum?.dataPoints ?? gauge?.dataPoints ?? []).map((point) => ({
      name,
      attributes: attributesOf(point.attributes),
      value: point.asDouble ?? point.asInt ?? Number.NaN,
    })),
    ...(histogram?.dataPoints ?? []).flatMap((point) => {
      const attributes = attributesOf(point.attributes)
      return [
        { name: `${name} count`, attributes, value: point.count },
        { name: `${name} sum`, attributes, value: point.sum },
      ]
    }),
  ])
}
