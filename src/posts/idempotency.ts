// Retries with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): the first response is stored and replayed.
import { createHash } from 'node:crypto'
import { Prisma } from '../database/generated/client.ts'
import type { Query } from '../database/query.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Viewer } from '../viewer.ts'

/** How long a response is replayed; after that the key may be used for another request. */
const keyTtlMs = 24 * 60 * 60 * 1000

/** A request with a key. Two requests are the same if their `content` is equal as JSON. */
type KeyedRequest = { viewer: Viewer; key: string; content: unknown }

/**
 * Writes something and stores the response in the same statement. `claim(response, source)` is a CTE named `claim` that
 * stores it: `response` is a JSON expression in SQL, and `source` a CTE with one row, or none if nothing may be written.
 * That CTE has locked the user, so that a concurrent deletion of the user misses no key. The claim returns no row if the
 * key is taken; the statement must then write nothing and the function resolve to undefined.
 */
type ClaimingWrite<R> = (claim: Claim) => Promise<R | undefined>
type Claim = (response: Prisma.Sql, source: Prisma.Sql) => Prisma.Sql

export function createIdempotency({ query, metrics }: { query: Query; metrics: Metrics }) {
  /** Of this process only. In another process a request with the same key waits for the row lock of `claim`. */
  const inFlight = new Set<string>()

  return {
    /** Whether a request with this key already has a stored response. */
    async isReplay({ userId }: Viewer, key: string): Promise<boolean> {
      return (await find(userId, key)) !== undefined
    },

    /**
     * Returns the response of `write`, or the stored response of the first request with this key; undefined if there is
     * neither.
     *
     * @throws {AppError} request-in-progress; idempotency-key-reused for other content
     */
    async once<R>(
      { viewer, key, content }: KeyedRequest,
      write: ClaimingWrite<R>,
    ): Promise<{ response: R; replayed: boolean } | undefined> {
      const { userId } = viewer
      const hash = new Uint8Array(createHash('sha256').update(JSON.stringify(content)).digest())
      const name = `${userId} ${key}`
      if (inFlight.has(name)) throw inProgress()
      inFlight.add(name)
      try {
        const earlier = await replay<R>(userId, key, hash)
        if (earlier) return earlier
        const response = await write((first, source) => claim({ userId, key, hash }, first, source))
        if (response) return { response, replayed: false }
        // Another process may have used the key.
        return await replay<R>(userId, key, hash)
      } finally {
        inFlight.delete(name)
      }
    },
  }

  async function find(userId: string, key: string) {
    const [found] = await query<{ contentHash: Buffer; response: unknown }>`
      SELECT "contentHash", "response" FROM "IdempotencyKey"
      WHERE "userId" = ${userId}::uuid AND "key" = ${key} AND "createdAt" > ${keyExpiry()}`
    return found
  }

  async function replay<R>(userId: string, key: string, hash: Uint8Array) {
    const found = await find(userId, key)
    if (!found) return undefined
    if (Buffer.compare(found.contentHash, hash) !== 0) throw reused()
    metrics.idempotencyReplayed()
    return { response: found.response as R, replayed: true }
  }
}

function claim(
  { userId, key, hash }: { userId: string; key: string; hash: Uint8Array },
  response: Prisma.Sql,
  source: Prisma.Sql,
) {
  return Prisma.sql`
    claim AS (
      INSERT INTO "IdempotencyKey" ("userId", "key", "contentHash", "response", "createdAt")
      SELECT ${userId}::uuid, ${key}, ${hash}, ${response}, ${new Date()} FROM ${source}
      ON CONFLICT ("userId", "key") DO UPDATE SET
        "contentHash" = EXCLUDED."contentHash", "response" = EXCLUDED."response", "createdAt" = EXCLUDED."createdAt"
      WHERE "IdempotencyKey"."createdAt" <= ${keyExpiry()}
      RETURNING "userId"
    )`
}

/** Keys that were stored at this time or earlier have expired. */
export const keyExpiry = (now = new Date()) => new Date(now.getTime() - keyTtlMs)

const inProgress = () =>
  new AppError('request-in-progress', 'A request with this Idempotency-Key is still in progress.', {
    headers: { 'Retry-After': '1' },
  })

const reused = () =>
  new AppError('idempotency-key-reused', 'This Idempotency-Key was used with different content.')
