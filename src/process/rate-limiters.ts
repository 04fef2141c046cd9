// The counters behind the limits: in memory, or in the database where they must hold across instances.
import { hash } from 'node:crypto'
import {
  type RateLimiterAbstract,
  RateLimiterCluster,
  RateLimiterClusterMaster,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { PrismaClient } from '../database/generated/client.ts'
import type { Limiter, LimitName } from '../http/rate-limits.ts'

/** How long a count lasts from its first event on, in seconds. */
const windows = { requests: 5 * 60, login: 5 * 60, signup: 30 * 60, posts: 60 }

/** A request does not wait longer for a primary that has no time; it is then let through. */
const primaryTimeoutMs = 250

/**
 * A limiter for each limit, undefined for one of 0 events. That on all requests is in memory always, with several
 * `workers` in that of their primary: it is there to spare the database. The others are in `shared`, where that is given.
 */
export function createLimiters(
  limits: Record<LimitName, number>,
  { shared, workers }: { shared: PrismaClient | undefined; workers: number },
) {
  const limiter = (name: LimitName, create: (options: Options) => Limiter) =>
    limits[name] === 0
      ? undefined
      : create({ keyPrefix: name, points: limits[name], duration: windows[name] })
  const inDatabase = shared ? (options: Options) => countInDatabase(options, shared) : countInMemory
  return {
    requests: limiter('requests', workers > 1 ? countInPrimary : countInMemory),
    login: limiter('login', inDatabase),
    signup: limiter('signup', inDatabase),
    posts: limiter('posts', inDatabase),
  }
}

/** Called in the primary, before it has workers: it keeps the counts that they do not keep themselves. */
export function keepWorkersCounts() {
  new RateLimiterClusterMaster()
}

type Options = { keyPrefix: LimitName; points: number; duration: number }

function countInMemory(options: Options): Limiter {
  const limiter = new RateLimiterMemory(options)
  return (key) => consume(limiter, key)
}

function countInPrimary(options: Options): Limiter {
  const limiter = new RateLimiterCluster({ ...options, timeoutMs: primaryTimeoutMs })
  return (key) => consume(limiter, key).catch(() => undefined)
}

function countInDatabase(options: Options, db: PrismaClient): Limiter {
  const limiter = new RateLimiterPostgres({
    ...options,
    storeClient: asPostgresClient(db),
    storeType: 'client',
    tableName: 'RateLimit',
    tableCreated: true,
    // Done with everything else that expires.
    clearExpiredByTimeout: false,
    // Whoever is beyond the limit is refused from memory, without a statement.
    inMemoryBlockOnConsumed: options.points,
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
