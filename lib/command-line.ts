// Reads the command line of the service, a script or a benchmark.
import { parseArgs } from 'node:util'

type OrZero = { orZero: number }
type Defaults = Readonly<Record<string, string | number | boolean | undefined | OrZero>>
type Values<D extends Defaults> = {
  [Name in keyof D]: D[Name] extends number | OrZero
    ? number
    : D[Name] extends boolean
      ? boolean
      : D[Name] | string
}

/** The default of a number that may also be 0. */
export const orZero = (value: number): OrZero => ({ orZero: value })

/**
 * Returns the value of each option, or its default. The default decides what an option accepts: a number accepts whole
 * numbers from 1, `orZero(60)` from 0, `false` is a flag without a value, and everything else accepts text.
 * `databaseUrl` is the option `--database-url`.
 *
 * `--help` prints the usage and exits. A wrong option prints one line and the usage, and exits with code 2.
 */
export function readOptions<const D extends Defaults>(
  usage: string,
  defaults: D,
  args = process.argv.slice(2),
): Values<D> {
  try {
    const options = Object.keys(defaults).map((name) => {
      const type = typeof defaults[name] === 'boolean' ? ('boolean' as const) : ('string' as const)
      return [optionOf(name), { type }] as const
    })
    const { values }: { values: Record<string, unknown> } = parseArgs({
      args,
      options: { ...Object.fromEntries(options), help: { type: 'boolean' } },
    })
    if (values.help) {
      process.stdout.write(usage)
      process.exit(0)
    }
    const read = Object.entries(defaults).map(([name, byDefault]) => {
      const value = values[optionOf(name)]
      if (typeof byDefault === 'number') return [name, wholeNumber(name, value ?? byDefault, 1)]
      if (typeof byDefault === 'object') return [name, wholeNumber(name, value ?? byDefault.orZero, 0)]
      return [name, value ?? byDefault]
    })
    return Object.fromEntries(read)
  } catch (error) {
    // Only the first sentence of Node's message is about the option.
    return exitWithUsage(String((error as Error).message).replace(/\. To .*|\n.*/s, '.'), usage)
  }
}

/** Prints one line and the usage on standard error, and exits with code 2. */
export function exitWithUsage(fault: string, usage: string): never {
  process.stderr.write(`${fault}\n\n${usage}`)
  process.exit(2)
}

const optionOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function wholeNumber(name: string, value: unknown, least: number): number {
  const number = Number(value)
  if (value === '' || !Number.isInteger(number) || number < least)
    throw new Error(`--${optionOf(name)} ${value}: must be a whole number from ${least}.`)
  return number
}
