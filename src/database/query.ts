// Runs hot statements on the pool of Prisma's adapter: Prisma's client itself costs 60 to 100 µs of CPU per statement.
import pg, { type Pool, type QueryResultRow } from 'pg'
import type { Metrics } from '../metrics/instruments.ts'
import { Prisma } from './generated/client.ts'
import { recordDuration } from './instrumentation/duration.ts'
import { createPreparedStatements } from './prepared-statement.ts'
import { retryConflicts } from './transaction.ts'

/**
 * Runs one statement, given as a template like `Prisma.sql`, as a transaction of its own, which is retried after a
 * conflict. Returns the rows that `Row` describes: timestamps are Dates, numbers of any size are numbers, uuids are
 * strings and bytea is a Buffer.
 *
 * Throws errors that `sql-errors.ts` classifies.
 */
export type Query = <Row extends QueryResultRow>(
  strings: readonly string[],
  ...values: unknown[]
) => Promise<Row[]>

/** @param nameOf returns the name of the prepared statement for an SQL text; without it, statements are unnamed */
export function createQuery(
  pool: Pool,
  metrics: Metrics,
  nameOf?: (statement: { sql: string }) => string,
): Query {
  const run = createPreparedStatements(pool, parserOf)
  return <Row extends QueryResultRow>(strings: readonly string[], ...values: unknown[]) => {
    const statement = Prisma.sql(strings, ...values)
    const { text } = statement
    const name = nameOf?.({ sql: text }) ?? ''
    const send = () => run<Row>({ name, text, values: statement.values })
    return retryConflicts(() => recordDuration(text, send, metrics))
  }
}

const { builtins } = pg.types

/** Parsers of PostgreSQL's text format where pg's own are slow (dates) or return text (int8). */
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.TIMESTAMPTZ, (text) => new Date(text)],
  [builtins.INT8, Number],
])

const parserOf = (type: number) => parsers.get(type) ?? pg.types.getTypeParser(type, 'text')
