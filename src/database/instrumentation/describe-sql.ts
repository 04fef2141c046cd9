// Derives metric attributes from an SQL text: the operation and the table, each from a closed set.
import { databaseCollections, databaseOperations } from '../../metrics/catalogue.ts'
import type { DatabaseOperation } from '../../metrics/instruments.ts'

type StatementDescription = Pick<DatabaseOperation, 'operation' | 'collection'>

/** Bounds the cache. Prisma generates a few hundred texts; any beyond the limit are parsed again each time. */
const cacheLimit = 1_000
const cache = new Map<string, StatementDescription>()

/**
 * Returns the operation and the table of a statement. A `WITH` statement has the operation of its main statement, unless
 * that is a SELECT over a data-modifying CTE: then it has the CTE's operation. The table is the first one after the verb,
 * or else the first one in the text.
 */
export function describeStatement(sql: string): StatementDescription {
  const cached = cache.get(sql)
  if (cached) return cached
  const description = parse(sql)
  if (cache.size < cacheLimit) cache.set(sql, description)
  return description
}

/** A comment, a string or a quoted name is one token, so that verbs inside it do not count. */
const tokenPattern = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[A-Za-z_]\w*/g

function parse(sql: string): StatementDescription {
  const tokens = sql.match(tokenPattern) ?? []
  const main = findMainVerb(tokens)
  const written = verbOf(tokens[main]) === 'SELECT' ? findModifyingCte(tokens) : -1
  const verb = written < 0 ? main : written
  return {
    operation: verbOf(tokens[verb]) ?? '_OTHER',
    collection: firstTable(tokens.slice(Math.max(verb, 0))) ?? firstTable(tokens),
  }
}

/** The index of the first verb, which after WITH is the first one outside of parentheses; -1 if there is none. */
function findMainVerb(tokens: string[]): number {
  const first = tokens.findIndex((token) => /^[A-Za-z]/.test(token))
  if (tokens[first]?.toUpperCase() !== 'WITH') return verbOf(tokens[first]) ? first : -1
  let depth = 0
  return tokens.findIndex((token) => {
    if (token === '(') depth++
    if (token === ')') depth--
    return depth === 0 && verbOf(token)
  })
}

/** The index of the verb of the first data-modifying CTE, or -1. The UPDATE in `FOR UPDATE` does not follow a parenthesis. */
function findModifyingCte(tokens: string[]): number {
  return tokens.findIndex((token, i) => tokens[i - 1] === '(' && modifyingVerbs.has(verbOf(token)))
}

const modifyingVerbs: ReadonlySet<string | undefined> = new Set(['INSERT', 'UPDATE', 'DELETE'])

function verbOf(token: string | undefined): StatementDescription['operation'] | undefined {
  return databaseOperations.find((operation) => operation === token?.toUpperCase())
}

function firstTable(tokens: string[]): StatementDescription['collection'] {
  const named = tokens.find((token) => databaseCollections.some((table) => token === `"${table}"`))
  return databaseCollections.find((table) => named === `"${table}"`)
}
