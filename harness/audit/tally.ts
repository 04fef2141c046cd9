// Numbers by what they are of, and how two such differ.

export type Tally = ReadonlyMap<string, number>

/** Adds up what `value` gives of each item, by `key`; an item without a key is left out. */
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

export type Difference = { key: string; counted: number; found: number }

/** Where two differ; what one of them lacks is 0 there. */
export function differences(counted: Tally, found: Tally): Difference[] {
  const keys = [...new Set([...counted.keys(), ...found.keys()])].sort()
  return keys
    .map((key) => ({ key, counted: counted.get(key) ?? 0, found: found.get(key) ?? 0 }))
    .filter((difference) => difference.counted !== difference.found)
}
