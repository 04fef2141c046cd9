import { z } from 'zod'
import { User } from '../accounts/schema.ts'
import { anyText, Id, Time } from '../http/fields.ts'

/** Checks only the types: a password that was valid when it was set must remain usable. */
export const Credentials = z
  .object({
    username: anyText.meta({ examples: ['alice'] }),
    password: anyText.meta({ format: 'password', examples: ['correct horse battery'] }),
  })
  .meta({ id: 'Credentials' })
export type Credentials = z.output<typeof Credentials>

const expiresAt = Time.meta({ examples: ['2026-12-24T10:00:00.000Z'] })

export const Login = z
  .object({
    token: z.string().meta({
      description: 'Send it as `Authorization: Bearer TOKEN`. Only this response shows it.',
      examples: ['x5vQ2mWc8Zr0yT1nK7bLd3fGh6jPq9sUa4eRiOoXkCw'],
    }),
    expiresAt,
    user: User,
  })
  .meta({ id: 'Login' })

export const Session = z
  .object({
    id: Id,
    createdAt: Time,
    lastUsedAt: Time,
    expiresAt,
    current: z.boolean().meta({ description: 'Whether this request used the token of this session.' }),
  })
  .meta({ id: 'Session' })

export const SessionParams = z.object({ id: Id })

export type SessionRow = { id: string; createdAt: Date; lastUsedAt: Date; expiresAt: Date }

/** The session of a response; `currentId` is the session that the request uses. */
export function toSession(row: SessionRow, currentId: string): z.input<typeof Session> {
  return {
    id: row.id,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    current: row.id === currentId,
  }
}
