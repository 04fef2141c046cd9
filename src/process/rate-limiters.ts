// Counts for the rate limits: in memory, or in the database if a limit holds across instances.
import { hash } from 'node:crypto'
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterPostgres,
  RateLimiterRes,
} from 'rate-limiter-flexible'
import type { PrismaClient } from '../database/generated/client.ts'
import type { RateLimiter, RateLimiters, RateLimitName } from '../http/rate-limits.ts'
import { windowSeconds } from '../quota.ts'
import { shareCounts } from './shared-counts.ts'

/**
 * A limiter for each limit, or undefined if the limit is 0. The request limit protects the database, so it is counted in
 * memory; several `workers` share their counts. The others are counted in the `shared` database, if there is one.
 */
export function createRateLimiters(
  limits: Record<RateLimitName, number>,
  { shared, workers }: { shared: PrismaClient | undefined; workers: number },
): RateLimiters {
  const limiter = (name: RateLimitName, create: (options: Options) => RateLimiter) =>
    limits[name] === 0
      ? undefined
      : create({ keyPrefix: name, points: limits[name], duration: windowSeconds[name] })
  const inDatabase = shared ? (options: Options) => countInDatabase(options, shared) : countInMemory
  return {
    requests: limiter('requests', workers > 1 ? countInWorkers : countInMemory),
    login: limiter('login', inDatabase),
    signup: limiter('signup', inDatabase),
  }
}

type Options = { keyPrefix: RateLimitName; points: number; duration: number }

function countInMemory(options: Options): RateLimiter {
  const limiter = new RateLimiterMemory(options)
  return (key) => consume(limiter, key)
}

function countInWorkers(options: Options): RateLimiter {
  const limiter = new RateLimiterMemory(options)
  const share = shareCounts(limiter)
  return (key) => {
    share(key)
    return consume(limiter, key)
  }
}

function countInDatabase(options: Options, db: PrismaClient): RateLimiter {
  const limiter = new RateLimiterPostgres({
    ...options,
    storeClient: asPostgresClient(db),
    storeType: 'client',
    tableName: 'RateLimit',
    tableCreated: true,
    // process/expiry.ts deletes expired counts.
    clearExpiredByTimeout: false,
    // Keys beyond the limit are refused from memory, without a statement.
    inMemoryBlockOnConsumed: options.points,
  })
  // The key contains an address, and a username field in which somebody may have typed a password.
  return (key) => consume(limiter, hash('sha256', key, 'base64url'))
}

async function consume(limiter: RateLimiterAbstract, key: string) {
  const limit = limiter.points
  try {
    const { remainingPoints: remaining, msBeforeNext: resetMs } = await limiter.consume(key)
    return { limit, remaining, resetMs, exceeded: false }
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
    return { limit, remaining: 0, resetMs: error.msBeforeNext, exceeded: true }
  }
}

/**
 * Looks like a client of `pg` to the limiter, but runs statements through Prisma, so that they are measured and named,
 * have a timeout, and fail with the same errors as all others.
 */
function asPostgresClient(db: PrismaClient) {
  return {
    query: async ({ text, values }: { text: string; values: unknown[] }) => {
      const rows = await db.$queryRawUnsafe<{ points: number; expire: bigint }[]>(text, ...values)
      return { rows: rows.map(({ points, expire }) => ({ points, expire: Number(expire) })) }
    },
  }
}
