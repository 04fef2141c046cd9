// What the service would start with its settings, for `npm start -- --check`.
import { resolve } from 'node:path'
import { plannedOrigin } from '../../lib/listen.ts'
import type { Plan } from '../../lib/settings-check.ts'
import type { Config } from '../config.ts'
import { windowSeconds } from '../quota.ts'

export function planService(config: Config): Plan {
  const { host, port, workers, publicUrl, corsOrigins, trustProxy, logLevel } = config
  return {
    api: plannedOrigin(host, port),
    links: publicUrl ?? "begin with the request's origin",
    cors: corsOrigins.length > 0 ? corsOrigins : 'no other origin',
    proxy: trustProxy ? 'X-Forwarded headers are trusted' : 'X-Forwarded headers are ignored',
    database: database(config),
    workers: String(workers),
    limits: limits(config.limits),
    sessions: sessions(config),
    log: `${logLevel} and above`,
  }
}

function sessions({ sessionTtlMs, sessionIdleMs }: Config): string {
  const idle = Number.isFinite(sessionIdleMs)
    ? `, or ${duration(sessionIdleMs / 1000)} after the last request`
    : ''
  return `end ${duration(sessionTtlMs / 1000)} after login${idle}`
}

/** Never shows the password, which may also be in a parameter of the URL. */
function database({ databaseUrl, dataDir, dataFsync }: Config): string {
  if (!databaseUrl)
    return `embedded, in ${resolve(dataDir)}${dataFsync ? ', every commit flushed to the disk' : ''}`
  const { protocol, username, host, pathname, searchParams } = new URL(databaseUrl)
  const user = username && `${username}@`
  return `${protocol}//${user}${host}${pathname}, ${searchParams.get('connection_limit') ?? 10} connections in each pool`
}

const limited = {
  requests: 'requests per user or address',
  login: 'login attempts per username and address',
  signup: 'sign-up attempts per address',
  posts: 'posts per user',
}

function limits(points: Config['limits']): string[] {
  const names = ['requests', 'login', 'signup', 'posts'] as const
  return names.map((name) =>
    points[name] === 0
      ? `no limit of ${limited[name]}`
      : `${points[name]} ${limited[name]} in ${duration(windowSeconds[name])}`,
  )
}

function duration(seconds: number): string {
  const units = { d: 86_400, h: 3_600, min: 60, s: 1 }
  const [unit, length] = Object.entries(units).find(([, size]) => seconds % size === 0) ?? ['s', 1]
  return `${seconds / length} ${unit}`
}
