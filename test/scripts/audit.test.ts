import { describe, expect, it, onTestFinished } from 'vitest'
import { compare } from '../../harness/audit/compare.ts'
import { type Evidence, gatherEvidence } from '../../harness/audit/evidence.ts'
import { freshDatabase } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'

/** What differs, by what was compared. */
const differing = (evidence: Evidence) =>
  Object.fromEntries(
    compare(evidence)
      .filter(({ differences }) => differences.length > 0)
      .map(({ what, differences }) => [what, differences]),
  )

describe('an audit, as `npm run audit` but shorter', () => {
  it('finds no difference between counters, the proxy’s log, rows and answers, across a restart', {
    timeout: 120_000,
  }, async (context) => {
    const nginx = requireProgram('nginx', context)
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const options = { requests: 1_000, clients: 16, restarts: 1, seed: 1 }
    const evidence = await gatherEvidence({ ...options, nginx, database: database.env })

    expect(differing(evidence)).toEqual({})
    expect([...new Set(evidence.log.map(({ answer }) => answer?.status))]).toEqual(
      expect.arrayContaining([
        200, 201, 204, 304, 400, 401, 403, 404, 405, 406, 412, 413, 415, 422, 429, 431,
      ]),
    )

    // It sees a request that was counted and not logged, and a process whose last values never came.
    const { log, pushes } = evidence
    const post = log.find(({ method, answer }) => method === 'POST' && answer?.status === 201)
    const key = 'POST /api/users 201'
    expect(differing({ ...evidence, log: log.filter((entry) => entry !== post) })).toMatchObject({
      'requests by method, route, status': [{ key, counted: expect.any(Number), found: expect.any(Number) }],
      'requests with a body': [{ key }],
      'answers with a body': [{ key }],
    })
    expect(Object.keys(differing({ ...evidence, pushes: pushes.slice(1) }))).toEqual(
      expect.arrayContaining(['requests by method, route, status', 'posts, created − deleted']),
    )
  })
})
