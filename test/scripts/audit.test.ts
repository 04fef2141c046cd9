import { describe, expect, it, onTestFinished } from 'vitest'
import { compare } from '../../harness/audit/checks/compare.ts'
import { createCounts, isAbandoned } from '../../harness/audit/checks/counts.ts'
import { type Evidence, gatherEvidence } from '../../harness/audit/evidence.ts'
import { freshDatabase, freshServerDatabase, hasServer } from '../../harness/database.ts'
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
    const options = { requests: 1_000, clients: 16, disconnect: 0, workers: 1, restarts: 1, seed: 1 }
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

  it.skipIf(!hasServer())(
    'finds no difference with two workers and clients that disconnect',
    {
      timeout: 120_000,
    },
    async (context) => {
      const nginx = requireProgram('nginx', context)
      const database = await freshServerDatabase()
      onTestFinished(() => database.drop())
      const options = { requests: 1_000, clients: 16, disconnect: 50, workers: 2, restarts: 1, seed: 2 }
      const evidence = await gatherEvidence({ ...options, nginx, database: database.env })

      expect(differing(evidence)).toEqual({})
      const { abandoned, abandonedByClients, pushes, rows, ledger } = evidence
      expect(abandoned.length).toBe(abandonedByClients)
      // A supervisor and two workers, twice.
      expect(pushes.length).toBe(6)
      // Some connections were closed before the response, and some posts were created although their client had gone.
      const statuses = createCounts(pushes).by('http.server.request.duration count', (attributes) =>
        isAbandoned(attributes) ? attributes['http.response.status_code'] : undefined,
      )
      expect(statuses.get('499')).toBeGreaterThan(0)
      expect(rows.posts.some(({ author }) => !ledger.knowsPostsOf(author))).toBe(true)

      // It reports an abandoned request that was counted but not logged.
      const stream = abandoned.find(({ path, forwarded }) => forwarded && path.endsWith('/stream'))
      expect(differing({ ...evidence, abandoned: abandoned.filter((entry) => entry !== stream) })).toEqual({
        'abandoned requests, by method, route': [
          {
            key: 'GET /api/users/:username/timeline/stream',
            counted: expect.any(Number),
            found: expect.any(Number),
          },
        ],
      })
    },
  )
})
