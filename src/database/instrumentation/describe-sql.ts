// Reads from an SQL text what a metric may say of it: a verb and a table, each of a closed set.
import { databaseCollections, databaseOperations } from '../../metrics/catalogue.ts'
import type { DatabaseOperation } from '../../metrics/instruments.ts'

export type Statement = Pick<DatabaseOperation, 'operation' | 'collection'>

/** Texts remembered; Prisma makes a few hundred, and what is beyond is read again each time. */
const limit = 1_000
const known = new Map<string, Statement>()

/**
 * A statement that begins with WITH is what its main statement is, but one that only reads what a part of it wrote is
 * that write. The table is the one that the verb is followed by, else the first that is named.
 */
export function describeStatement(sql: string): Statement {
  const found = known.get(sql)
  if (found) return found
  const statement = describe(sql)
  if (known.size < limit) known.set(sql, statement)
  return statement
}

/** Comments, texts and quoted names are each one token, so that nothing is read in them; digits and signs are none. */
const tokens = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[A-Za-z_]\w*/g

function describe(sql: string): Statement {
  const words = sql.match(tokens) ?? []
  const main = mainVerb(words)
  const verb = verbOf(words[main]) === 'SELECT' ? (writtenPart(words) ?? main) : main
  return {
    operation: verbOf(words[verb]) ?? '_OTHER',
    collection: firstTable(words.slice(Math.max(verb, 0))) ?? firstTable(words),
  }
}

/** Where the first verb outside of parentheses is, where a WITH has its parts; -1 for a statement without. */
function mainVerb(words: string[]): number {
  let depth = 0
  const outside = words.map((word) => {
    if (word === ')') depth--
    const isOutside = depth === 0
    if (word === '(') depth++
    return isOutside
  })
  const first = words.findIndex((word) => /^[A-Za-z]/.test(word))
  if (words[first]?.toUpperCase() !== 'WITH') return verbOf(words[first]) ? first : -1
  return words.findIndex((word, i) => outside[i] && verbOf(word))
}

/** Where the first part of a WITH begins that writes; `FOR UPDATE` begins none. */
function writtenPart(words: string[]): number | undefined {
  const index = words.findIndex((word, i) => words[i - 1] === '(' && writes.has(verbOf(word)))
  return index < 0 ? undefined : index
}

const writes: ReadonlySet<string | undefined> = new Set(['INSERT', 'UPDATE', 'DELETE'])

function verbOf(word: string | undefined): Statement['operation'] | undefined {
  return databaseOperations.find((known) => known === word?.toUpperCase())
}

function firstTable(words: string[]): Statement['collection'] {
  const name = words.find((word) => databaseCollections.some((known) => word === `"${known}"`))
  return databaseCollections.find((known) => name === `"${known}"`)
}
