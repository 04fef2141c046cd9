// Random parts of malicious requests.
import type { Random } from '../../../harness/random.ts'

const alphabet = [...'abcdefghijklmnopqrstuvwxyz']

export const number = (random: Random, below: number): number => Math.floor(random.next() * below)

export const letters = (random: Random): string => many(random, 12, () => random.pick(alphabet))

export const hex = (random: Random, length: number): string =>
  Array.from({ length }, () => number(random, 16).toString(16)).join('')

/** A random UUIDv7, which no post has. */
export const uuid = (random: Random): string =>
  [hex(random, 8), hex(random, 4), `7${hex(random, 3)}`, `8${hex(random, 3)}`, hex(random, 12)].join('-')

/** A header value with Latin-1 bytes and characters that are special in SQL, JSON and Prometheus. */
export const text = (random: Random): string =>
  many(random, 20, () =>
    random.pick(['"', "'", '\\', '{', '}', ',', ';', '=', '\xe9', '\xff', letters(random)]),
  )

/** A part of a path or query: valid and invalid percent-encoding, dots, encoded slashes. */
export const segment = (random: Random): string =>
  many(random, 8, () =>
    random.pick([`%${hex(random, 2)}`, '%zz', '..', '%2f', '*', '"', '{', letters(random)]),
  )

export const path = (random: Random): string => many(random, 4, () => `${segment(random)}/`)

export const json = (random: Random): string =>
  JSON.stringify({ username: text(random), [text(random)]: text(random) })

function many(random: Random, atMost: number, make: () => string): string {
  return Array.from({ length: 1 + number(random, atMost) }, make).join('')
}
