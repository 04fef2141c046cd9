// Reads the command line of a script or benchmark.
import { parseArgs } from 'node:util'

type Defaults = Readonly<Record<string, string | number | boolean | undefined>>
type Values<D extends Defaults> = {
  [Name in keyof D]: D[Name] extends number ? number : D[Name] extends boolean ? boolean : D[Name] | string
}

/**
 * Returns the value of each option, or its default. The default decides what an option accepts: a number accepts whole
 * numbers from 1, `false` is a flag without a value, and everything else accepts text. `databaseUrl` is the option
 * `--database-url`.
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
      const value = values[optionOf(name)] ?? byDefault
      return [name, typeof byDefault === 'number' ? wholeNumber(optionOf(name), value) : value]
    })
    return Object.fromEntries(read)
  } catch (error) {
    // Only the first sentence of Node's message is about the option.
    return exitWithUsage(String((error as Error).message).replace(/\. To .*/s, '.'), usage)
  }
}

/** Prints one line and the usage on standard error, and exits with code 2. */
export function exitWithUsage(fault: string, usage: string): never {
  process.stderr.write(`${fault}\n\n${usage}`)
  process.exit(2)
}

const optionOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

function wholeNumber(option: string, value: unknown): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 1)
    throw new Error(`--${option} ${value}: must be a whole number from 1.`)
  return number
}
