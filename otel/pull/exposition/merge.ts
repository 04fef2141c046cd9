// Adds the histograms of series that become the same.
import type { ExponentialHistogram, Histogram } from '@opentelemetry/sdk-metrics'
import { addExplicit, addExponential } from '../../histograms/add.ts'
import { toFixedBuckets } from './values.ts'

export type AnyHistogram = Histogram | ExponentialHistogram

export const isExponential = (value: AnyHistogram): value is ExponentialHistogram => 'scale' in value

export function addHistograms(a: AnyHistogram, b: AnyHistogram): AnyHistogram {
  if (isExponential(a) && isExponential(b)) return addExponential(a, b)
  return addExplicit(isExponential(a) ? toFixedBuckets(a) : a, isExponential(b) ? toFixedBuckets(b) : b)
}
