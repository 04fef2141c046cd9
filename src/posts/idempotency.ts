// Requests that may be sent twice: the first answer is kept under the client's key and given again
// (the Idempotency-Key header, draft-ietf-httpapi-idempotency-key-header).
import { createHash } from 'node:crypto'
import { Prisma, type PrismaClient } from '../database/generated/client.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'

/** How long a key answers with its first response; then it is free for another request. */
const keyLifeMs = 24 * 60 * 60 * 1000

export type Idempotency = ReturnType<typeof createIdempotency>
/** What makes two requests the same; equal contents are equal as JSON. */
export type Keyed = { userId: string; key: string; content: unknown }

/**
 * A write that stores its response, JSON in SQL, with `claim`, a CTE of that name for the same statement. It gives no
 * row, and the statement must then write nothing, when the key is taken or the user is gone: the write then gives
 * undefined.
 */
export type ClaimingWrite<R> = (claim: (response: Prisma.Sql) => Prisma.Sql) => Promise<R | undefined>

export function createIdempotency({ db, metrics }: { db: PrismaClient; metrics: Metrics }) {
  /** Of this process alone: on another one the same key waits for the claim's row, and then replays. */
  const inFlight = new Set<string>()

  return {
    /** Whether a request with this key already has a response. */
    async isReplay(userId: string, key: string): Promise<boolean> {
      return (await find(userId, key)) !== undefined
    },

    /**
     * Answers a request with what `write` gives, or with what it gave the first time.
     *
     * @throws {AppError} request-in-progress, idempotency-key-reused for other content, not-found for a user that
     * is gone
     */
    async once<R>(keyed: Keyed, write: ClaimingWrite<R>): Promise<{ response: R; replayed: boolean }> {
      const { userId, key, content } = keyed
      const hash = new Uint8Array(createHash('sha256').update(JSON.stringify(content)).digest())
      const name = `${userId} ${key}`
      if (inFlight.has(name)) throw inProgress()
      inFlight.add(name)
      try {
        const earlier = await replay<R>(userId, key, hash)
        if (earlier) return earlier
        const response = await write((first) => claim({ userId, key, hash }, first))
        if (response) return { response, replayed: false }
        return (await replay<R>(userId, key, hash)) ?? missingUser()
      } finally {
        inFlight.delete(name)
      }
    },
  }

  async function find(userId: string, key: string) {
    return db.idempotencyKey
      .findUnique({ where: { userId_key: { userId, key }, createdAt: { gt: keyExpiry() } } })
      .then((found) => found ?? undefined)
  }

  async function replay<R>(userId: string, key: string, hash: Uint8Array) {
    const found = await find(userId, key)
    if (!found) return undefined
    if (Buffer.compare(found.contentHash, hash) !== 0) throw reused()
    metrics.idempotencyReplayed()
    return { response: found.response as R, replayed: true }
  }
}

/** Locks the user first, as every post does: a deletion of the user then finds either no key yet or all of it. */
function claim(
  { userId, key, hash }: { userId: string; key: string; hash: Uint8Array },
  response: Prisma.Sql,
) {
  return Prisma.sql`
    claim AS (
      INSERT INTO "IdempotencyKey" ("userId", "key", "contentHash", "response", "createdAt")
      SELECT "id", ${key}, ${hash}, ${response}, ${new Date()}
      FROM "User" WHERE "id" = ${userId}::uuid FOR NO KEY UPDATE
      ON CONFLICT ("userId", "key") DO UPDATE SET
        "contentHash" = EXCLUDED."contentHash", "response" = EXCLUDED."response", "createdAt" = EXCLUDED."createdAt"
      WHERE "IdempotencyKey"."createdAt" <= ${keyExpiry()}
      RETURNING "userId"
    )`
}

/** When a key must have been stored to be over now. */
export const keyExpiry = (now = new Date()) => new Date(now.getTime() - keyLifeMs)

const inProgress = () =>
  new AppError('request-in-progress', 'A request with this Idempotency-Key is being answered.', {
    headers: { 'Retry-After': '1' },
  })

const reused = () =>
  new AppError('idempotency-key-reused', 'This Idempotency-Key came with other content before.')

const missingUser = (): never => {
  throw new AppError('not-found', 'The user does not exist any more.')
}
