import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent } from 'node:http'
import { createInterface } from 'node:readline'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createCollected, createDefaultWriter } from './support/collected.ts'
import { askFor } from './support/scraped.ts'

describe('the endpoint', () => {
  it('does not keep the process alive, even with pending scrapes and open connections', async () => {
    const child = spawn(process.execPath, ['test/otel/pull/support/lone-endpoint.ts'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    onTestFinished(() => void child.kill())
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
    const url = (await lines.next()).value ?? ''
    const agent = new Agent({ keepAlive: true })
    onTestFinished(() => agent.destroy())
    expect((await askFor(url, { agent })).status).toBe(200)
    child.stdin.write('hang\n')
    expect((await lines.next()).value).toBe('ready')
    const hanging = askFor(url).catch((error: Error) => error)
    expect((await lines.next()).value).toBe('hanging')

    child.stdin.end()

    expect((await lines.next()).value).toBe('beforeExit')
    expect(await once(child, 'exit')).toEqual([0, null])
    expect(await hanging).toBeInstanceOf(Error)
  })
})

describe('a large exposition', () => {
  it.each(['text', 'protobuf'] as const)(
    'is written in slices as %s, with other work between them',
    async (format) => {
      const collected = createCollected()
      const histogram = collected.meter().createHistogram('wait')
      for (let series = 0; series < 1_999; series++) histogram.record(1, { series })
      const sources = [await collected.source()]
      let turns = 0
      let done = false
      const body = createDefaultWriter()
        .write(sources, { format, escaping: 'underscores' })
        .finally(() => {
          done = true
        })

      while (!done) {
        turns++
        await setImmediate()
      }

      expect((await body).length).toBeGreaterThan(500_000)
      expect(turns).toBeGreaterThan(2)
    },
  )
})
