// Collects what is wrong with a configuration, so that one start names all of it.

/** What a setting may be: `parse` gives undefined for a text that is not allowed. */
export type Validator<Value> = {
  /** Completes the sentence "this is not …". */
  allowed: string
  parse(text: string): Value | undefined
  /** Never shown. */
  secret?: boolean
}

export type Faults = ReturnType<typeof createFaults>

export function createFaults() {
  const lines: string[] = []

  /** `name` is a variable or a path in the file. */
  function refuse(name: string, value: unknown, allowed: string) {
    lines.push(`${name}: ${JSON.stringify(value)} is not ${allowed}`)
  }

  return {
    lines,
    refuse,
    /** The value of a setting, or undefined and a fault. */
    check<Value>(name: string, text: string, validator: Validator<Value>): Value | undefined {
      const value = validator.parse(text)
      if (value !== undefined) return value
      if (validator.secret) lines.push(`${name}: the value (not shown) is not ${validator.allowed}`)
      else refuse(name, text, validator.allowed)
      return undefined
    },
  }
}

/**
 * One mapping of the configuration file: `read` gives a setting in it, and undefined where it is absent, null
 * or wrong. A key beside the supported ones is a fault, so that nothing that was asked for is left out unsaid.
 */
export function openSection<Model extends object>(
  faults: Faults,
  path: string,
  model: Model | null | undefined,
  supported: readonly (keyof Model & string)[],
) {
  const nameOf = (key: string) => (path === '' ? key : `${path}.${key}`)
  const known: readonly string[] = supported
  for (const key of Object.keys(model ?? {}))
    if (!known.includes(key))
      faults.lines.push(`${nameOf(key)}: is not supported; supported here: ${known.join(', ')}`)

  return {
    nameOf,
    read<Value>(key: keyof Model & string, validator: Validator<Value>): Value | undefined {
      const value = model?.[key]
      return value === undefined || value === null
        ? undefined
        : faults.check(nameOf(key), String(value), validator)
    },
  }
}
