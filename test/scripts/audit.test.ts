import { describe, expect, it, onTestFinished } from 'vitest'
import { compare } from '../../harness/audit/checks/compare.ts'
import { type Evidence, gatherEvidence } from '../../harness/audit/evidence.ts'
import { freshDatabase } from '../../harness/database.ts'
import { requireProgram } from '../../harness/programs/find.ts'

/** The differences of each check that found any. */
const differing = (evidence: Evidence) =>
  Object.fromEntries(
    compare(evidence)
      .filter(({ differences }) => differences.length > 0)
      .map(({ what, differences }) => [what, differences]),
  )

describe('npm run audit, with fewer requests', () => {
  it('finds no difference between metrics, the proxy’s log, rows and responses, across a restart', {
    timeout: 120_000,
  }, async (context) => {
    const nginx = requireProgram('nginx', context)
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const options = { requests: 1_000, clients: 16, restarts: 1, seed: 1 }
    const evidence = await gatherEvidence({ ...options, nginx, database: database.env })

    expect(differing(evidence)).toEqual({})
    expect([...new Set(evidence.log.map(({ response }) => response?.status))]).toEqual(
      expect.arrayContaining([
        200, 201, 204, 304, 400, 401, 403, 404, 405, 406, 412, 413, 415, 422, 429, 431,
      ]),
    )

    // It reports a request that was counted but not logged, and a process whose last push is missing.
    const { log, pushes } = evidence
    const post = log.find(({ method, response }) => method === 'POST' && response?.status === 201)
    const key = 'POST /api/users 201'
    expect(differing({ ...evidence, log: log.filter((entry) => entry !== post) })).toMatchObject({
      'requests by method, route, status': [{ key, counted: expect.any(Number), found: expect.any(Number) }],
      'requests with a body': [{ key }],
      'responses with a body': [{ key }],
    })
    expect(Object.keys(differing({ ...evidence, pushes: pushes.slice(1) }))).toEqual(
      expect.arrayContaining(['requests by method, route, status', 'posts, created − deleted']),
    )
  })
})
