import { type Difference, differences, type Tally, total } from '../tally.ts'

export type Check = {
  what: string
  /** Whose word `counted` is held against. */
  against: string
  counted: number
  found: number
  differences: Difference[]
}

export function check(what: string, counted: Tally, against: string, found: Tally): Check {
  return {
    what,
    against,
    counted: total(counted),
    found: total(found),
    differences: differences(counted, found),
  }
}

export const nothing: Tally = new Map()

/** A single number, to be held against another one of the same name. */
export const only = (value: number, name = 'all'): Tally => new Map([[name, value]])
