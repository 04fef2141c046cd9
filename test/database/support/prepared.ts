// Rows that no test could make in time through the API: written to a database before a service opens it.

import type { TestDatabase } from '../../../harness/database.ts'
import { openDatabase } from '../../../src/database/client.ts'
import { createMetrics } from '../../../src/metrics/instruments.ts'

/** Runs statements on a database that nothing has open. */
export async function prepare({ env }: TestDatabase, statements: string[]): Promise<void> {
  const database = await openDatabase({
    url: 'DATABASE_URL' in env ? env.DATABASE_URL : undefined,
    dataDir: 'DATA_DIR' in env ? env.DATA_DIR : '',
    metrics: createMetrics({ version: '', revision: '', runtime: '' }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  for (const statement of statements) await database.client.$executeRawUnsafe(statement)
  await database.close()
}

/** Users `seed1`, `seed2`, … that nobody can log in as; their ids end in their numbers. */
export const seedUsers = (count: number) => `
  INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
  SELECT ${seedId('0190', 'n')}, 'seed' || n, 'seed' || n, '', now() FROM generate_series(1, ${count}) n`

/** A UUIDv7 in SQL whose order is that of a number under 2^32; `prefix` is four hexadecimal digits. */
export const seedId = (prefix: string, number: string) =>
  `('${prefix}' || lpad(to_hex(${number}), 8, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`
