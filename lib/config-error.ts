// One format for every fault in the settings of the service and of telemetry.

/** A setting whose value is not allowed, or that is missing. */
export type Fault = {
  /** An environment variable, or a file and a path inside it: `otel.yaml: meter_provider.readers`. */
  name: string
  /** Undefined if there is no value to show. */
  value?: unknown
  /** Never print the value. */
  secret?: boolean | undefined
  /** What is allowed: `must be true or false`. */
  requirement: string
}

/** Its message has one line per fault, without duplicates: `PORT="x": must be a whole number from 0 to 65535`. */
export class ConfigError extends Error {
  override name = 'ConfigError'

  constructor(faults: readonly Fault[]) {
    super([...new Set(faults.map(describe))].join('\n'))
  }
}

function describe({ name, value, secret, requirement }: Fault): string {
  const shown = secret ? hidden : visible(value)
  return value === undefined ? `${name}: ${requirement}` : `${name}=${shown}: ${requirement}`
}

const hidden = '(hidden)'

/**
 * A value without what may be secret in it, although its setting is not: the user and password and the query of URLs,
 * and a key where the name of its file belongs.
 */
function visible(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value)
  if (value.includes('PRIVATE KEY')) return hidden
  return JSON.stringify(value.replace(/[^\s,]*@/g, `${hidden}@`).replace(/\?[^,]*/g, `?${hidden}`))
}
