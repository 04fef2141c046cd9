// Collects the faults of a configuration, so that one failed start reports all of them.
import type { Fault } from '../../lib/config-error.ts'
import type { Setting } from './types.ts'

export type Validator<Value> = {
  /** Completes the sentence "It must be …". */
  allowed: string
  /** Returns undefined for a text that is not allowed. */
  parse(text: string): Value | undefined
  /** The value must not be printed. */
  secret?: boolean
}

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  const list: Fault[] = []
  return {
    list,
    add(fault: Fault) {
      list.push(fault)
    },
    /** Returns undefined for a setting that is absent, and for an invalid one, which becomes a fault. */
    read<Value>(setting: Setting | null | undefined, validator: Validator<Value>): Value | undefined {
      if (!setting) return undefined
      const value = validator.parse(String(setting.value))
      if (value === undefined)
        list.push({ ...setting, secret: validator.secret, requirement: `must be ${validator.allowed}` })
      return value
    },
  }
}
