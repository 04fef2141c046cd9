// docs/security.md: what it names exists, and what it tells operators to run does what it says.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { administer, freshFolder, freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildUser, call, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { variables } from '../../otel/config/variables.ts'
import { Variables } from '../../src/config.ts'

const page = readFileSync('docs/security.md', 'utf8')
const matches = (pattern: RegExp) => Array.from(page.matchAll(pattern), ([, text = '']) => text)

describe('docs/security.md', () => {
  it('names tests and pages that exist', () => {
    const tests = matches(/`(test\/[^`]+)`/g)
    expect(tests.length).toBeGreaterThan(100)
    expect(tests.filter((path) => !existsSync(path))).toEqual([])
    const links = matches(/\]\(([^)#]+)(?:#[^)]*)?\)/g)
    expect(links.filter((path) => !existsSync(join('docs', path)))).toEqual([])
    const anchors = matches(/^#+ (.*)$/gm).map((title) =>
      title
        .toLowerCase()
        .replace(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(matches(/\]\(#([^)]+)\)/g).filter((anchor) => !anchors.includes(anchor))).toEqual([])
  })

  it('names settings and commands that exist', () => {
    const known = [...Object.keys(Variables.shape), ...Object.keys(variables), 'POSTGRES_PASSWORD']
    const names = matches(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)/g)
    expect(names.length).toBeGreaterThan(20)
    expect(names.filter((name) => !known.includes(name))).toEqual([])
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'))
    expect(matches(/`npm run ([\w:-]+)/g).filter((name) => !Object.hasOwn(scripts, name))).toEqual([])
  })

  it('has a row for each risk of the Top 10 and for each chapter of ASVS, and says where something is missing', () => {
    expect(matches(/^\| (API\d+) /gm)).toEqual(Array.from({ length: 10 }, (_, i) => `API${i + 1}`))
    const chapters = [...matches(/\bV(\d+)\b/g), ...matches(/^\| (\d+)\.\d+\.\d+/gm)].map(Number)
    // V17 is about WebRTC.
    expect([...new Set(chapters)].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    const rows = page.split('\n').filter((line) => /^\| (API\d|\d+\.\d+|V\d)/.test(line))
    for (const row of rows) expect(row.split(' | ').length, row).toBe(3)
    // What has no test is missing, absent, documented elsewhere, or a matter of design.
    const unproven = rows.filter((row) => !/`test\/|by design \|$|\]\(/.test(row))
    expect(unproven.filter((row) => !/Not done|None|no|one|opaque/.test(row))).toEqual([])
  })
})

const statements = matches(/```sql\n([^`]+)```/g)
const isActive = async (target: Service, { token }: User) =>
  (await call(target, 'GET', '/api/sessions', { token })).status === 200

describe.runIf(hasServer())('on PostgreSQL, the statement to', () => {
  async function run(statement = '') {
    const database = await freshServerDatabase()
    onTestFinished(() => database.drop())
    const service = await startService({}, database)
    onTestFinished(() => service.stop())
    const alice = await buildUser(service, { username: 'Alice' })
    const bob = await buildUser(service)
    await administer(database.env.DATABASE_URL, statement)
    const login = await call(service, 'POST', '/api/login', { json: alice })
    return { alice: await isActive(service, alice), bob: await isActive(service, bob), login: login.status }
  }

  it.each([
    ['end the sessions of a user', 0, { alice: false, bob: true, login: 200 }],
    ['block a user', 1, { alice: false, bob: true, login: 401 }],
    ['end all sessions', 2, { alice: false, bob: false, login: 200 }],
  ])('%s does that', async (_, index, outcome) => {
    expect(statements.length).toBe(3)
    expect(await run(statements[index])).toEqual(outcome)
  })
})

it('the command for the embedded database ends all sessions', async () => {
  const [command = ''] = matches(/```sh\n(node --input-type[^`]+`[^`]+`[^`]+)```/g)
  const database = await freshFolder()
  onTestFinished(() => database.drop())
  const first = await startService({}, database)
  const alice = await buildUser(first)
  await first.stop()
  const folder = 'DATA_DIR' in database.env ? database.env.DATA_DIR : ''
  execFileSync('sh', ['-c', command.replace('data/postgres', join(folder, 'postgres'))])
  const second = await startService({}, database)
  onTestFinished(() => second.stop())
  expect(await isActive(second, alice)).toBe(false)
  expect(await call(second, 'POST', '/api/login', { json: alice })).toMatchObject({ status: 200 })
})
