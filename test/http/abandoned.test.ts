import { Client } from 'pg'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildPost, buildUser, call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'
import { until } from '../../harness/until.ts'
import { open, requestText } from './support/raw.ts'

describe.runIf(hasServer())('a request whose client has gone', () => {
  it('is abandoned before its handler runs', async () => {
    const database = await freshServerDatabase()
    const service = await startService({}, database)
    onTestFinished(async () => {
      await service.stop()
      await database.drop()
    })
    const alice = await buildUser(service)
    const lock = new Client({ connectionString: database.env.DATABASE_URL })
    await lock.connect()
    onTestFinished(() => lock.end())
    await lock.query('BEGIN; LOCK TABLE "Session" IN ACCESS EXCLUSIVE MODE')

    const active = async () => (await scrape(service)).sum('http_server_active_requests')
    const { socket } = open(service)
    const json = '{"text":"Nobody waits for me"}'
    const headers = { Authorization: `Bearer ${alice.token}`, 'Content-Type': 'application/json' }
    const path = `/api/users/${alice.username}/collection`
    socket.write(
      requestText(`POST ${path} HTTP/1.1`, { ...headers, 'Content-Length': `${json.length}` }, json),
    )
    await until('it waits for its authentication', async () => (await active()) === 1)
    socket.destroy()
    await until('it is over', async () => (await active()) === 0)
    await lock.query('COMMIT')

    await buildPost(service, alice, { text: 'I have a reader' })
    const { body } = await call(service, 'GET', path)
    expect(body.map(({ text }: { text: string }) => text)).toEqual(['I have a reader'])
  })
})
