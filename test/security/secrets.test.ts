// Secrets of settings appear in no output; a dump of the database has no password and no token.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { administer, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildPost, buildUser, call, uniqueName } from '../../harness/http/client.ts'
import { requireProgram } from '../../harness/programs/find.ts'
import { runService, startService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

const secret = 'open-sesame'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Everything that a service that does not start writes. */
async function refusedStart(env: Record<string, string>) {
  const service = runService(env)
  expect(await service.exited).toBe(1)
  return JSON.stringify(service.lines) + service.stderr()
}

describe('the message for an invalid setting', () => {
  const otlp = { OTEL_METRICS_EXPORTER: 'otlp' }
  it.each([
    ['DATABASE_URL', `postgresql://me:${secret}@db:99999/x`, {}],
    ['DATABASE_URL', `postgresql://me:${secret}@db/x?connection_limit=none`, {}],
    ['DATABASE_URL', `postgresql://db/x?schema=mine&password=${secret}`, {}],
    ['PUBLIC_URL', `https://me:${secret}@posts.example/`, {}],
    ['CORS_ORIGIN', `https://posts.example,https://me:${secret}@posts.example`, {}],
    ['METRICS_TOKEN', `${secret} ${secret}`, {}],
    ['OTEL_EXPORTER_OTLP_HEADERS', secret, otlp],
    ['OTEL_EXPORTER_OTLP_METRICS_HEADERS', `authorization=${secret}%0a`, otlp],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `ftp://me:${secret}@collector`, otlp],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `me:${secret}@collector:4318`, otlp],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', `collector:4318/?key=${secret}`, otlp],
    ['OTEL_EXPORTER_OTLP_CLIENT_KEY', `-----BEGIN PRIVATE KEY-----\n${secret}`, otlp],
  ])('does not show the secret: %s=%s', async (name, value, others) => {
    const message = await refusedStart({ ...others, [name]: value })
    expect(message).toContain(name)
    expect(message).not.toContain(secret)
  })

  it.each([
    ['endpoint', `endpoint: ftp://me:${secret}@collector`],
    ['headers_list', `headers_list: ${secret}`],
    ['headers', `headers: [${secret}]`],
    ['headers', `headers: ${secret}`],
    ['value', `headers: [{ name: authorization, value: "${secret}\\n" }]`],
    ['value', `headers: [{ name: authorization, value: [${secret}] }]`],
    ['authorization', `authorization: ${secret}`],
    ['YAML', `headers: [{ name: x, value: ${secret} `],
    ['YAML', `headers: "${secret}`],
  ])('in the configuration file does not show it either: %s in %s', async (name, line) => {
    const file = join(folder, 'telemetry.yaml')
    const exporter = `meter_provider: { readers: [{ periodic: { exporter: { otlp_http:\n  {${line}}}}}]}`
    await writeFile(file, `file_format: "1.1"\n${exporter}\n`)
    const message = await refusedStart({ OTEL_CONFIG_FILE: file })
    expect(message).toContain(name)
    expect(message).not.toContain(secret)
  })
})

describe('a running service', () => {
  it('shows no secret of its settings in logs, metrics, pages and responses', async () => {
    const service = await startService({
      LOG_LEVEL: 'trace',
      METRICS_TOKEN: `${secret}-metrics`,
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_METRIC_EXPORT_INTERVAL: '100',
      // Nothing listens there: each push fails and is logged.
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://me:${secret}@localhost:1/?key=${secret}`,
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=Bearer%20${secret}`,
    })
    onTestFinished(() => service.stop())
    const authorization = `Bearer ${secret}-metrics`
    const scrape = await fetch(service.metricsUrl, { headers: { authorization } })
    const texts = [await scrape.text()]
    for (const path of ['/metrics', '/', '/live/page.js', '/nothing'])
      texts.push(await (await fetch(new URL(path, service.metricsUrl))).text())
    for (const path of ['/', '/docs', '/readyz', '/openapi.json', '/problems', '/api/nothing'])
      texts.push((await call(service, 'GET', path)).text)
    await until('a push fails', () => service.lines.some(({ level }) => level >= 40))
    await service.stop()

    expect(scrape.status).toBe(200)
    const all = texts.join() + JSON.stringify(service.lines) + service.stderr()
    expect(all).toContain('ECONNREFUSED')
    expect(all).not.toContain(secret)
  })
})

describe.runIf(hasServer())('on PostgreSQL', () => {
  /** A database, and the URL of a user with a password that appears nowhere else. */
  async function databaseOfOwnUser() {
    const database = await freshServerDatabase()
    const [user, password] = [uniqueName(), randomBytes(12).toString('hex')]
    const { DATABASE_URL } = database.env
    await administer(DATABASE_URL, `CREATE ROLE "${user}" LOGIN SUPERUSER PASSWORD '${password}'`)
    onTestFinished(async () => {
      await database.drop()
      await administer(String(process.env.TEST_DATABASE_URL), `DROP ROLE "${user}"`)
    })
    const url = (given: string) =>
      Object.assign(new URL(DATABASE_URL), { username: user, password: given }).href
    return { password, url: url(password), wrongUrl: url(`${password}-mistyped`) }
  }

  it('a start that fails does not show the password of DATABASE_URL', async () => {
    const { password, url } = await databaseOfOwnUser()
    const message = await refusedStart({ DATABASE_URL: `${url}-missing`, LOG_LEVEL: 'trace' })
    expect(message).toContain('does not exist')
    expect(message).not.toContain(password)
  })

  it('pg_dump writes neither passwords nor tokens, and no log line has the password of DATABASE_URL', async (context) => {
    const pgDump = requireProgram('pg_dump', context)
    const { password, url } = await databaseOfOwnUser()
    const service = await startService({ LOG_LEVEL: 'trace' }, { env: { DATABASE_URL: url } })
    onTestFinished(() => service.stop())
    const alice = await buildUser(service, { password: 'the first secret' })
    await buildPost(service, alice)
    const path = `/api/users/${alice.username}`
    await call(service, 'PATCH', path, {
      token: alice.token,
      json: { password: 'the second secret', currentPassword: 'the first secret' },
    })
    const dump = execFileSync(pgDump, [`--dbname=${url}`], { encoding: 'utf8' })
    await service.stop()

    const output = dump + JSON.stringify(service.lines) + service.stderr()
    expect(dump).toContain(alice.username)
    const secrets = [password, alice.token, 'the first secret', 'the second secret']
    const spellings = secrets.flatMap((text) => [
      text,
      Buffer.from(text).toString('hex'),
      Buffer.from(text).toString('base64'),
      Buffer.from(text, 'base64url').toString('hex'),
    ])
    expect(spellings.filter((text) => output.includes(text))).toEqual([])
  })
})
