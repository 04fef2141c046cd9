// Reads from an SQL text what a metric may say of it: a verb and a table, each of a closed set.
import { databaseCollections, databaseOperations } from '../catalogue.ts'
import type { DatabaseOperation } from '../metrics.ts'

export type Statement = Pick<DatabaseOperation, 'operation' | 'collection'>

/** Texts remembered; Prisma makes a few hundred, and what is beyond is read again each time. */
const limit = 1_000
const known = new Map<string, Statement>()

/** A statement that begins with WITH has the verb of its main statement; the first table named is its table. */
export function describeStatement(sql: string): Statement {
  const found = known.get(sql)
  if (found) return found
  const statement = { operation: operationOf(sql), collection: collectionOf(sql) }
  if (known.size < limit) known.set(sql, statement)
  return statement
}

/** Comments, texts and quoted names are each one token, so that nothing is read in them; digits and signs are none. */
const tokens = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]|[A-Za-z_]\w*/g

/** The first verb outside of parentheses, where a WITH has its parts. */
function operationOf(sql: string): Statement['operation'] {
  let depth = 0
  let inWith = false
  for (const [token] of sql.matchAll(tokens)) {
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (depth === 0 && /^[A-Za-z]/.test(token)) {
      const word = token.toUpperCase()
      const operation = databaseOperations.find((known) => known === word)
      if (operation) return operation
      if (word === 'WITH') inWith = true
      else if (!inWith) return '_OTHER'
    }
  }
  return '_OTHER'
}

function collectionOf(sql: string): Statement['collection'] {
  for (const [token] of sql.matchAll(tokens)) {
    const collection = databaseCollections.find((known) => token === `"${known}"`)
    if (collection) return collection
  }
  return undefined
}
