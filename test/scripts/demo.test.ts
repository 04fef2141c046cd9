import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'

const execute = promisify(execFile)
const demo = (...args: string[]) => execute(process.execPath, ['scripts/demo.ts', ...args])

describe('npm run demo', () => {
  it('fills a service with people and conversations, and sends traffic', async () => {
    const service = await startService()
    onTestFinished(() => service.stop())

    const { stdout } = await demo('--url', service.url, '--users', '2', '--posts', '6', '--seconds', '1')

    expect(stdout).toMatch(/^\| 201 +\| +\d+ \|$/m)
    const alice = await call(service, 'GET', '/api/users/alice.demo')
    expect(alice.body).toMatchObject({ displayName: 'Alice Moreau', bio: 'Bakes bread and takes notes.' })
    const posts = await call(service, 'GET', '/api/posts')
    expect(posts.body.length).toBeGreaterThan(0)
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
