// Conflicts between transactions (40001) when every transaction is serializable, as on distributed engines.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { administer, freshServerDatabase, hasServer, type TemporaryDatabase } from '../../harness/database.ts'
import { buildPost, buildUser, call, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'

describe.runIf(hasServer())('a database with conflicts', () => {
  let database: TemporaryDatabase & { env: { DATABASE_URL: string } }
  let service: Service
  let alice: User
  const sql = (statement: string) => administer(database.env.DATABASE_URL, statement)

  beforeAll(async () => {
    database = await freshServerDatabase()
    const { pathname } = new URL(database.env.DATABASE_URL)
    await sql(`ALTER DATABASE "${pathname.slice(1)}" SET default_transaction_isolation = 'serializable'`)
    service = await startService({}, database)
    alice = await buildUser(service)
    // Every access to a session or a user may conflict: the views call a function that raises 40001 as often as told.
    await sql(`
      CREATE SEQUENCE attempts;
      CREATE TABLE fault ("every" int);
      INSERT INTO fault VALUES (0);
      CREATE FUNCTION may_conflict() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
      BEGIN
        IF nextval('attempts') % 3 < (SELECT "every" FROM fault) THEN
          RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001';
        END IF;
        RETURN true;
      END $$;
      ALTER TABLE "Session" RENAME TO "SessionTable";
      CREATE VIEW "Session" AS SELECT * FROM "SessionTable" WHERE (SELECT may_conflict());
      ALTER TABLE "User" RENAME TO "UserTable";
      CREATE VIEW "User" AS SELECT * FROM "UserTable" WHERE (SELECT may_conflict())`)
  })
  afterAll(async () => {
    await service?.stop()
    await database?.drop()
  })

  const conflictsInThree = (count: number) => sql(`UPDATE fault SET "every" = ${count}`)
  const requests = () => [
    call(service, 'GET', `/api/users/${alice.username}`),
    call(service, 'GET', '/api/sessions', { token: alice.token }),
    call(service, 'GET', `/api/users/${alice.username}/timeline`, { token: alice.token }),
  ]

  it('retries reads and authentication', async () => {
    await conflictsInThree(1)
    for (let round = 0; round < 5; round++)
      for (const response of requests()) expect((await response).status).toBe(200)
    const conflicts = /^db_client_operation_duration_seconds_count\{.*error_type="40"/m
    expect(await (await fetch(service.metricsUrl)).text()).toMatch(conflicts)
  })

  it('responds with 503 and Retry-After if a conflict remains after the retries', async () => {
    await conflictsInThree(3)
    for (const response of requests()) {
      const { status, headers, body } = await response
      expect({ status, type: body.type }).toEqual({ status: 503, type: '/problems/unavailable' })
      expect(headers.get('Retry-After')).toBe('5')
    }
  })

  it('never responds with 500 while transactions really conflict', async () => {
    await conflictsInThree(0)
    const bob = await buildUser(service)
    const collection = `/api/users/${alice.username}/collection`
    const statuses = await Promise.all(
      Array.from({ length: 8 }, async (_, client) => {
        const seen: number[] = []
        for (let turn = 0; turn < 15; turn++) {
          const { id } = await buildPost(service, bob).catch(() => ({ id: '' }))
          const token = alice.token
          const responses = [
            await call(service, 'POST', collection, { token, json: { text: `${client} ${turn}` } }),
            await call(service, 'PUT', `/api/users/${alice.username}/following/${bob.username}`, { token }),
            await call(service, 'GET', `/api/users/${alice.username}/timeline`, { token }),
            await call(service, 'GET', `/api/users/${bob.username}/collection/${id}`),
            await call(service, 'DELETE', `/api/users/${alice.username}/following/${bob.username}`, {
              token,
            }),
          ]
          seen.push(...responses.map(({ status }) => status))
        }
        return seen
      }),
    )
    const others = statuses.flat().filter((status) => ![200, 201, 204, 404, 503].includes(status))
    expect(others).toEqual([])
    expect(statuses.flat().filter((status) => status === 201).length).toBeGreaterThan(0)
  })
})
