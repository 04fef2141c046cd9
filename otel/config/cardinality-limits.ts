import type { Faults } from './faults.ts'
import type { CardinalityLimits, Model } from './types.ts'
import { seriesLimit } from './validators.ts'

type Reader = NonNullable<Model['meter_provider']>['readers'][number]
type Limits = NonNullable<Reader['pull']>['cardinality_limits']

/** The model names instrument types in lower case, the SDK in upper case. */
export function readCardinalityLimits(model: Limits, faults: Faults): CardinalityLimits | undefined {
  if (!model) return undefined
  const limits = Object.entries(model).map(([type, setting]) => [
    type === 'default' ? type : type.toUpperCase(),
    faults.read(setting, seriesLimit),
  ])
  return Object.fromEntries(limits.filter(([, limit]) => limit !== undefined))
}
