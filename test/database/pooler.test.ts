import { describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { startPgbouncer } from '../../harness/programs/pgbouncer.ts'
import { startService } from '../../harness/service.ts'

type Context = Parameters<typeof requireProgram>[1]

/** Starts a service whose connections pass PgBouncer in transaction mode. */
async function startBehindPooler(context: Context, parameters: string) {
  const program = requireProgram('pgbouncer', context)
  const database = await freshServerDatabase()
  onTestFinished(() => database.drop())
  const pgbouncer = await startPgbouncer(program, database.env.DATABASE_URL)
  onTestFinished(() => pgbouncer.stop())
  const service = await startService({}, { env: { DATABASE_URL: `${pgbouncer.url}${parameters}` } })
  onTestFinished(() => service.stop())
  return service
}

describe.runIf(hasServer())('PgBouncer in transaction mode', () => {
  it('serves requests with ?pgbouncer=true', async (context) => {
    const service = await startBehindPooler(context, '?pgbouncer=true')
    const user = await buildUser(service)
    const { id } = await buildPost(service, user)
    const { status, body } = await call(service, 'GET', `/api/users/${user.username}/timeline`, user)
    expect({ status, ids: body.map((post: { id: string }) => post.id) }).toEqual({ status: 200, ids: [id] })
    expect((await call(service, 'GET', '/readyz')).status).toBe(200)
  })

  it('is not ready without it, because its statements fail', async (context) => {
    const service = await startBehindPooler(context, '')
    expect((await call(service, 'GET', '/api/posts')).status).toBe(503)
    const { status, body } = await call(service, 'GET', '/readyz')
    expect({ status, database: body.checks.database }).toEqual({ status: 503, database: false })
  })
})
