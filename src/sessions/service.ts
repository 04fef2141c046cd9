import { v7 as newId } from 'uuid'
import type { Log } from '../../lib/log.ts'
import type { UserRow } from '../accounts/schema.ts'
import { hashToken, newToken, verifyPassword } from '../credentials.ts'
import type { PrismaClient } from '../database/generated/client.ts'
import type { Query } from '../database/query.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Viewer } from '../viewer.ts'
import type { Credentials, SessionRow } from './schema.ts'

export type Sessions = ReturnType<typeof createSessions>

/** `lastUsedAt` is updated at most once a minute, so that most reads cost no write. */
const lastUsedStepMs = 60_000

/** Login, logout and authentication. A session ends `ttlMs` after its login, or `idleMs` after its last use. */
export function createSessions({
  db,
  query,
  metrics,
  log,
  ttlMs,
  idleMs = Number.POSITIVE_INFINITY,
}: {
  db: PrismaClient
  query: Query
  metrics: Metrics
  log: Log
  ttlMs: number
  idleMs?: number
}) {
  return {
    /** @throws {AppError} wrong-credentials, with the same message and timing for an unknown user and a wrong password */
    async login({
      username,
      password,
    }: Credentials): Promise<{ token: string; expiresAt: Date; user: UserRow }> {
      // PostgreSQL text cannot contain NUL. A space is just as impossible in a username.
      const usernameKey = username.replaceAll('\0', ' ').toLowerCase()
      const user = await db.user.findUnique({ where: { usernameKey } })
      if (!(await verifyPassword(password, user?.passwordHash)) || !user) throw wrongCredentials(user?.id)
      const token = newToken()
      const sessionId = newId()
      const now = new Date()
      const expiresAt = new Date(now.getTime() + ttlMs)
      // Comparing the hash under a lock prevents a session with a password that is changed concurrently.
      const started = await db.$executeRaw`
          INSERT INTO "Session" ("id", "userId", "tokenHash", "createdAt", "lastUsedAt", "expiresAt")
          SELECT ${sessionId}::uuid, "id", ${hashToken(token)}, ${now}, ${now}, ${expiresAt}
          FROM "User" WHERE "id" = ${user.id}::uuid AND "passwordHash" = ${user.passwordHash} FOR SHARE`
      if (started === 0) throw wrongCredentials(user.id)
      metrics.loggedIn('success')
      log.info({ userId: user.id, sessionId }, 'logged in')
      return { token, expiresAt, user }
    },

    /** Records an attempt that the rate limit refused; `login` records the other outcomes. */
    loginLimited() {
      metrics.loggedIn('limited')
    },

    /** The user and session of a token; undefined if the token is invalid or expired. */
    async authenticate(token: string): Promise<Viewer | undefined> {
      const now = new Date()
      const [session] = await query<Viewer & { lastUsedAt: Date }>`
        SELECT s."id" AS "sessionId", s."lastUsedAt", u."id" AS "userId", u."username", u."usernameKey"
        FROM "Session" s JOIN "User" u ON u."id" = s."userId"
        WHERE s."tokenHash" = ${hashToken(token)} AND s."expiresAt" > ${now}`
      if (!session) return undefined
      const { lastUsedAt, ...viewer } = session
      if (isIdle(lastUsedAt, now)) return undefined
      if (now.getTime() - lastUsedAt.getTime() >= lastUsedStepMs) {
        await db.session.updateMany({ where: { id: viewer.sessionId }, data: { lastUsedAt: now } })
      }
      return viewer
    },

    /** The active sessions of a user, newest first. */
    async list(userId: string): Promise<SessionRow[]> {
      const now = new Date()
      const sessions = await db.session.findMany({
        where: { userId, expiresAt: { gt: now } },
        orderBy: { id: 'desc' },
        select: { id: true, createdAt: true, lastUsedAt: true, expiresAt: true },
      })
      return sessions.filter(({ lastUsedAt }) => !isIdle(lastUsedAt, now))
    },

    /** Ends a session; does nothing if it has already ended. */
    async logout(sessionId: string): Promise<void> {
      const { count } = await db.session.deleteMany({ where: { id: sessionId } })
      if (count > 0) log.info({ sessionId }, 'session ended')
    },

    /** Ends a session of a user. @throws {AppError} not-found for an unknown session and for another user's */
    async end(userId: string, sessionId: string): Promise<void> {
      const { count } = await db.session.deleteMany({ where: { id: sessionId, userId } })
      if (count === 0) throw new AppError('not-found', 'No such session.')
      log.info({ userId, sessionId }, 'session ended')
    },
  }

  /** The last use may be later than recorded, by one step. */
  function isIdle(lastUsedAt: Date, now: Date): boolean {
    return now.getTime() - lastUsedAt.getTime() > idleMs + lastUsedStepMs
  }

  /** `userId` is undefined for an unknown username. The log never has that: people type passwords into the wrong field. */
  function wrongCredentials(userId: string | undefined): AppError {
    metrics.loggedIn('wrong_credentials')
    log.info({ userId }, 'login failed')
    return new AppError('wrong-credentials', 'The username or the password is wrong.', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    })
  }
}
