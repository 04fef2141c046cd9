// How much a database takes on disk.
import { Client } from 'pg'
import type { Costs } from '../../harness/capacity/costs.ts'

/** Returns the bytes of a row of each table, with its part of the indexes. */
export function measureRows(url: string): Promise<Costs['rows']> {
  const select = (table: string) =>
    `(SELECT pg_total_relation_size('"${table}"') / greatest(count(*), 1)::float8 FROM "${table}")`
  return selectRow(
    url,
    `SELECT ${select('Post')} AS "post", ${select('User')} AS "user", ${select('Follow')} AS "follow"`,
  )
}

/** Returns the bytes of all tables with their indexes, and the number of follows. */
export const measureSize = (url: string): Promise<{ bytes: number; follows: number }> =>
  selectRow(
    url,
    `SELECT sum(pg_total_relation_size(oid))::float8 AS "bytes", (SELECT count(*)::int FROM "Follow") AS "follows"
     FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  )

async function selectRow<Row extends object>(connectionString: string, statement: string): Promise<Row> {
  const client = new Client({ connectionString })
  await client.connect()
  const { rows } = await client.query<Row>(statement).finally(() => client.end())
  const [row] = rows
  if (!row) throw new Error('The statement returned no row.')
  return row
}
