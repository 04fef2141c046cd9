import { v7 as newId } from 'uuid'
import type { UserRow } from '../accounts/schema.ts'
import { hashToken, newToken, verifyPassword } from '../credentials.ts'
import type { PrismaClient } from '../database/generated/client.ts'
import { retryConflicts } from '../database/transaction.ts'
import { AppError } from '../errors.ts'
import type { Metrics } from '../metrics/instruments.ts'
import type { Credentials, SessionRow } from './schema.ts'

export type Sessions = ReturnType<typeof createSessions>

/** When a session was last used is kept to the minute, so that reading costs no write. */
const touchEveryMs = 60_000

/** Logging in and out, and the users of live tokens. `ttlMs` is how long a session lives from its login. */
export function createSessions({
  db,
  metrics,
  ttlMs,
}: {
  db: PrismaClient
  metrics: Metrics
  ttlMs: number
}) {
  return {
    /** @throws {AppError} wrong-credentials, the same for an unknown user and a wrong password, in time too. */
    async login({
      username,
      password,
    }: Credentials): Promise<{ token: string; expiresAt: Date; user: UserRow }> {
      // PostgreSQL cannot be asked for a name with a NUL in it; nobody has one.
      const usernameKey = username.replaceAll('\0', ' ').toLowerCase()
      const user = await db.user.findUnique({ where: { usernameKey } })
      if (!(await verifyPassword(password, user?.passwordHash)) || !user) throw wrongCredentials()
      const token = newToken()
      const now = new Date()
      const expiresAt = new Date(now.getTime() + ttlMs)
      // The lock and the hash that was verified: a password that is being changed starts no session any more.
      const started = await retryConflicts(
        () => db.$executeRaw`
          INSERT INTO "Session" ("id", "userId", "tokenHash", "createdAt", "lastUsedAt", "expiresAt")
          SELECT ${newId()}::uuid, "id", ${hashToken(token)}, ${now}, ${now}, ${expiresAt}
          FROM "User" WHERE "id" = ${user.id}::uuid AND "passwordHash" = ${user.passwordHash} FOR SHARE`,
      )
      if (started === 0) throw wrongCredentials()
      metrics.loggedIn('success')
      return { token, expiresAt, user }
    },

    /** Records an attempt that the rate limit refused; `login` records the other outcomes. */
    loginLimited() {
      metrics.loggedIn('limited')
    },

    /** The user and session of a live token; undefined where it is none. */
    async authenticate(token: string) {
      const session = await db.session.findUnique({
        where: { tokenHash: hashToken(token) },
        select: { id: true, lastUsedAt: true, expiresAt: true, user: { select: viewerFields } },
        relationLoadStrategy: 'join',
      })
      const now = new Date()
      if (!session || session.expiresAt <= now) return undefined
      if (now.getTime() - session.lastUsedAt.getTime() >= touchEveryMs) {
        await db.session.updateMany({ where: { id: session.id }, data: { lastUsedAt: now } })
      }
      const { id: userId, username, usernameKey } = session.user
      return { userId, username, usernameKey, sessionId: session.id }
    },

    /** The live sessions of a user, the newest first. */
    async list(userId: string): Promise<SessionRow[]> {
      return db.session.findMany({
        where: { userId, expiresAt: { gt: new Date() } },
        orderBy: { id: 'desc' },
        select: { id: true, createdAt: true, lastUsedAt: true, expiresAt: true },
      })
    },

    /** Ends the session of the viewer at once; one that has ended meanwhile is no failure. */
    async logout(sessionId: string): Promise<void> {
      await db.session.deleteMany({ where: { id: sessionId } })
    },

    /** Ends a session at once. @throws {AppError} not-found for one that is not the user's. */
    async end(userId: string, sessionId: string): Promise<void> {
      const { count } = await db.session.deleteMany({ where: { id: sessionId, userId } })
      if (count === 0) throw new AppError('not-found', 'You have no such session.')
    },
  }

  function wrongCredentials(): AppError {
    metrics.loggedIn('wrong_credentials')
    return new AppError('wrong-credentials', 'No user has this username and this password.', {
      headers: { 'WWW-Authenticate': 'Bearer' },
    })
  }
}

const viewerFields = { id: true, username: true, usernameKey: true } as const
