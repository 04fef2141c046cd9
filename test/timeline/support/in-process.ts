// The timeline in the process of the test, on a real database, so that a test can set the intervals.
import { silentLog } from '../../../harness/log.ts'
import { unrecordedMetrics } from '../../../harness/telemetry/metrics.ts'
import { createAccounts } from '../../../src/accounts/service.ts'
import { createSessions } from '../../../src/sessions/service.ts'
import { createFeed } from '../../../src/timeline/feed.ts'
import { createTimeline } from '../../../src/timeline/service.ts'
import type { Opened } from '../../database/support/opened.ts'

export type Intervals = { heartbeatMs?: number; pollMs?: { withNotifications: number; without: number } }

export function createInProcess(
  { client: db, query, notifications }: Opened,
  { heartbeatMs, pollMs }: Intervals,
) {
  const metrics = unrecordedMetrics()
  const feed = createFeed({ query, notifications, log: silentLog, pollMs })
  const { signal: closing } = new AbortController()
  const accounts = createAccounts({ db, query, metrics, log: silentLog })
  const sessions = createSessions({ db, query, metrics, log: silentLog, ttlMs: 60_000 })
  return {
    metrics,
    sessions,
    timeline: createTimeline({
      query,
      feed,
      metrics,
      closing,
      limits: { total: 100, perUser: 100 },
      heartbeatMs,
    }),
    /** Signs a user up and in. */
    async buildViewer(username: string) {
      const password = 'correct horse battery'
      await accounts.register({ username, password })
      const { token } = await sessions.login({ username, password })
      const viewer = await sessions.authenticate(token)
      if (!viewer) throw new Error('no session')
      return { ...viewer, token }
    },
  }
}
