import { describe, expect, it, onTestFinished } from 'vitest'
import { administer, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildUser, call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'

describe.runIf(hasServer())('a server that has become read-only, as after a failover', () => {
  it('still answers reads; writes get 503 and Retry-After', async () => {
    const database = await freshServerDatabase()
    const url = database.env.DATABASE_URL
    const service = await startService({}, database)
    onTestFinished(async () => {
      await service.stop()
      await database.drop()
    })
    const { username, token } = await buildUser(service)
    await administer(
      url,
      `ALTER DATABASE "${new URL(url).pathname.slice(1)}" SET default_transaction_read_only = 'on';
       SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    )
    const path = `/api/users/${username}/collection`
    const written = await call(service, 'POST', path, { token, json: { text: 'Hello?' } })
    expect(written).toMatchObject({ status: 503, body: { type: '/problems/unavailable' } })
    expect(written.headers.get('Retry-After')).toBe('5')
    expect(await call(service, 'GET', path)).toMatchObject({ status: 200, body: [] })
  })
})
