/** The upper median; NaN for an empty list. */
export const median = (numbers: readonly number[]): number => quantile(numbers, 0.5)

/** The number at this share (0 to 1) of the sorted list; NaN for an empty list. */
export function quantile(numbers: readonly number[], share: number): number {
  const index = Math.min(Math.floor(numbers.length * share), numbers.length - 1)
  return numbers.toSorted((a, b) => a - b)[index] ?? Number.NaN
}
