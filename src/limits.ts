// The counters behind the limits: in memory, or in the database where they must hold across instances.
import { hash } from 'node:crypto'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { PrismaClient } from './database/generated/client.ts'
import type { Limiter, LimitName } from './http/limits.ts'

/** How long a count lasts from its first event on, in seconds. */
const windows = { requests: 5 * 60, login: 5 * 60, signup: 30 * 60, posts: 60 }

/**
 * A limiter for each limit, undefined for one of 0 events. That on all requests is in memory always: it is there to
 * spare the database. The others are in `shared`, where that is given.
 */
export function createLimiters(limits: Record<LimitName, number>, shared: PrismaClient | undefined) {
  const limiter = (name: LimitName, db?: PrismaClient) =>
    limits[name] === 0 ? undefined : createLimiter(name, limits[name], db)
  return {
    requests: limiter('requests'),
    login: limiter('login', shared),
    signup: limiter('signup', shared),
    posts: limiter('posts', shared),
  }
}

function createLimiter(name: LimitName, points: number, db: PrismaClient | undefined): Limiter {
  const options = { keyPrefix: name, points, duration: windows[name] }
  if (!db) {
    const limiter = new RateLimiterMemory(options)
    return (key) => consume(limiter, key)
  }
  const limiter = new RateLimiterPostgres({
    ...options,
    storeClient: asPostgresClient(db),
    storeType: 'client',
    tableName: 'RateLimit',
    tableCreated: true,
    // Done with everything else that expires.
    clearExpiredByTimeout: false,
    // Whoever is beyond the limit is refused from memory, without a statement.
    inMemoryBlockOnConsumed: points,
  })
  // Addresses and what was typed as a username, perhaps a password, are nothing to keep.
  return (key) => consume(limiter, hash('sha256', key, 'base64url'))
}

async function consume(limiter: RateLimiterAbstract, key: string) {
  const limit = limiter.points
  try {
    const { remainingPoints: remaining, msBeforeNext: resetMs } = await limiter.consume(key)
    return { limit, remaining, resetMs, exceeded: false }
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal
    return { limit, remaining: 0, resetMs: refusal.msBeforeNext, exceeded: true }
  }
}

/**
 * What the limiter takes for a client of `pg`. Through Prisma its statements are measured, named and bounded like
 * all others, and their failures are told as what they are.
 */
function asPostgresClient(db: PrismaClient) {
  return {
    query: async ({ text, values }: { text: string; values: unknown[] }) => {
      const rows = await db.$queryRawUnsafe<{ points: number; expire: bigint }[]>(text, ...values)
      return { rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) })) }
    },
  }
}
