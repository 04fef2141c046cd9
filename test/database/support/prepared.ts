// Writes rows to a database before a service opens it; through the API it would take too long.

import type { TemporaryDatabase } from '../../../harness/database.ts'
import { openQuietly } from '../../../harness/open-database.ts'

/** Executes statements on a database that no service has opened. */
export async function prepare({ env }: TemporaryDatabase, statements: string[]): Promise<void> {
  const database = await openQuietly(env)
  for (const statement of statements) await database.client.$executeRawUnsafe(statement)
  await database.close()
}

/** An INSERT of users `seed1`, `seed2`, … without a usable password. Their ids end in their numbers. */
export const seedUsers = (count: number) => `
  INSERT INTO "User" ("id", "username", "usernameKey", "passwordHash", "createdAt")
  SELECT ${seedId('0190', 'n')}, 'seed' || n, 'seed' || n, '', now() FROM generate_series(1, ${count}) n`

/** An SQL expression for UUIDv7s that sort like `number`, which is under 2^32; `prefix` is four hexadecimal digits. */
export const seedId = (prefix: string, number: string) =>
  `('${prefix}' || lpad(to_hex(${number}), 8, '0') || '70008000' || lpad(to_hex(${number}), 12, '0'))::uuid`
