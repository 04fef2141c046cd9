// Numbers by key, and how the numbers of two sources differ.

export type Tally = ReadonlyMap<string, number>

/** Sums `value` of the items by `key`; items without a key are left out. */
export function tally<T>(
  items: Iterable<T>,
  key: (item: T) => string | undefined,
  value: (item: T) => number = () => 1,
): Tally {
  const sums = new Map<string, number>()
  for (const item of items) {
    const name = key(item)
    if (name !== undefined) sums.set(name, (sums.get(name) ?? 0) + value(item))
  }
  return sums
}

export const total = (numbers: Tally) => [...numbers.values()].reduce((sum, number) => sum + number, 0)
export const nothing: Tally = new Map()
export const only = (value: number): Tally => new Map([['all', value]])

/** A comparison of what the service counted with what another source (`against`) has. */
export type Check = {
  what: string
  against: string
  counted: number
  found: number
  differences: { key: string; counted: number; found: number }[]
}

export function check(what: string, counted: Tally, against: string, found: Tally): Check {
  const keys = [...new Set([...counted.keys(), ...found.keys()])].sort()
  const differences = keys
    .map((key) => ({ key, counted: counted.get(key) ?? 0, found: found.get(key) ?? 0 }))
    .filter((difference) => difference.counted !== difference.found)
  return { what, against, counted: total(counted), found: total(found), differences }
}
