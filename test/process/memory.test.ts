// The memory of a busy process. npm run bench -- memory measures it for longer, and docs/performance.md has the figures.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { freshServerDatabase, hasServer } from '../../harness/database.ts'
import { buildUser, call } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'

const limitBytes = 256 * 2 ** 20
const connections = 128
const requestsPerConnection = 12

describe.runIf(hasServer() && process.platform === 'linux')('a process on PostgreSQL', () => {
  it('fits into 256 MB while all of 128 connections read and write', async () => {
    const database = await freshServerDatabase()
    onTestFinished(database.drop)
    const service = await startService({}, database)
    onTestFinished(() => service.stop())
    const agent = new Agent({ keepAlive: true, maxSockets: connections })
    onTestFinished(() => agent.destroy())
    const { username, token } = await buildUser(service)
    const posts = `/api/users/${username}/collection`

    const send = async () => {
      for (let i = 0; i < requestsPerConnection; i++) {
        const written = i % 10 === 0
        const { status } = written
          ? await call(service, 'POST', posts, { agent, token, json: { text: 'Curiouser and curiouser!' } })
          : await call(service, 'GET', i % 2 ? posts : `/api/users/${username}/timeline`, { agent, token })
        expect([200, 201]).toContain(status)
      }
    }
    await Promise.all(Array.from({ length: connections }, send))

    expect(peakBytes(service.pid)).toBeLessThan(limitBytes)
  })
})

/** The most resident memory that a process has ever had, which a limit of the operating system compares too. */
function peakBytes(pid: number | undefined): number {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) * 1024
}
