import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { call, uniqueName } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'

const execute = promisify(execFile)
const demo = (...args: string[]) => execute(process.execPath, ['scripts/demo.ts', ...args])

describe('npm run demo', () => {
  it('fills a service with people and conversations, and sends traffic', async () => {
    const service = await startService()
    onTestFinished(() => service.stop())

    const { stdout } = await demo('--url', service.url, '--users', '2', '--posts', '6', '--seconds', '1')

    expect(stdout).toMatch(/^\| 201 +\| +\d+ \|$/m)
    const posts = await call(service, 'GET', '/api/posts')
    expect(posts.body.length).toBeGreaterThan(0)
    const [, username, password] = /Username {2}(.+)\n {2}Password {2}(.+)/.exec(stdout) ?? []
    const login = await call(service, 'POST', '/api/login', { json: { username, password } })
    expect(login).toMatchObject({
      status: 200,
      body: { user: { displayName: expect.any(String), bio: expect.any(String) } },
    })
    const timeline = await call(service, 'GET', `/api/users/${username}/timeline`, {
      token: login.body.token,
    })
    expect(new Set(timeline.body.map(({ user }: { user: string }) => user)).size).toBe(2)
  })

  it('leaves a sign-up for a visitor, and continues the conversations in a later run', async () => {
    const service = await startService({ RATE_LIMIT_SIGNUP: '5' })
    onTestFinished(() => service.stop())
    const run = (posts: number) =>
      demo('--url', service.url, '--posts', String(posts), '--seconds', '1', '--rate', '1')

    expect((await run(10)).stdout).toContain('one is left for you: continuing with 4 of 12 users')
    const visitor = { username: uniqueName(), password: 'correct horse battery' }
    expect(await call(service, 'POST', '/api/users', { json: visitor })).toMatchObject({ status: 201 })
    await run(5)

    const { body } = await call(service, 'GET', '/api/posts?limit=100')
    const texts = body.map(({ text }: { text: string }) => text)
    expect(texts.length).toBeGreaterThanOrEqual(15)
    expect(new Set(texts).size).toBe(texts.length)
  })

  it('says how to start the service if none responds', async () => {
    await expect(demo('--url', 'http://localhost:1')).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(
        'No service responds at http://localhost:1. Start it with npm start, or pass another --url.\n',
      ),
    })
  })
})
