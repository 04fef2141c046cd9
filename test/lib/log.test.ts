import { describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../harness/database.ts'
import { freePort } from '../../harness/http/free-port.ts'
import { runService } from '../../harness/service.ts'
import { until } from '../../harness/until.ts'

/** A preloaded module that makes standard output look like a terminal. */
const terminal = `data:text/javascript,process.stdout.isTTY=true`

async function run(env: Record<string, string>, preload: string[] = []) {
  const database = await freshDatabase()
  const service = runService(
    { ...database.env, NO_COLOR: '1', ...env },
    { preload: [...preload, './otel/register.ts'] },
  )
  onTestFinished(async () => {
    service.kill('SIGKILL')
    await service.exited
    await database.drop()
  })
  return service
}

describe('the log', () => {
  it('is empty with LOG_LEVEL=silent, from the start of telemetry to the end of the service', async () => {
    const port = await freePort()
    const service = await run({ LOG_LEVEL: 'silent', PORT: String(port) })
    await until('the service is ready', () =>
      fetch(`http://localhost:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    service.kill('SIGTERM')
    expect(await service.exited).toBe(0)
    expect(service.lines).toEqual([])
    expect(service.stderr()).toBe('')
  })

  it('is text on a terminal, where the start ends with the addresses to open', async () => {
    const service = await run({}, [terminal])
    const texts = () => service.lines.map(({ msg }) => msg)
    await until('the addresses', () => texts().some((text) => text.startsWith('    Metrics ')))
    const address = (name: string) =>
      texts()
        .findLast((text) => text.startsWith(`    ${name} `))
        ?.slice(14)
    const url = /"url":"([^"]+)"/.exec(texts().find((text) => text.includes('listening')) ?? '')?.[1]
    const metrics = address('Metrics')

    const ready = texts().findIndex((text) => /^\[[\d:.]+\] INFO: ready$/.test(text))
    expect(texts().slice(ready + 1)).toEqual([
      expect.stringMatching(/ INFO: open$/),
      `    Service   ${url}/`,
      `    API docs  ${url}/docs`,
      `    Live view ${metrics?.replace('/metrics', '/')}`,
      `    Metrics   ${metrics}`,
    ])
    const statuses = ['Service', 'API docs', 'Live view', 'Metrics'].map(
      async (name) => (await fetch(String(address(name)))).status,
    )
    expect(await Promise.all(statuses)).toEqual([200, 200, 200, 200])
  })

  it('shows control characters of texts as text, on a terminal too', async () => {
    const entry = 'test/lib/support/hostile-log.ts'
    const json = runService({}, { entry, preload: [] })
    const text = runService({ NO_COLOR: '1' }, { entry, preload: [terminal] })
    expect(await Promise.all([json.exited, text.exited])).toEqual([0, 0])

    expect(json.lines.map(({ level }) => level)).toEqual([30, 50, 50])
    const shown = text.lines.map(({ msg }) => msg)
    expect(shown.join()).toMatch(/\[31m.*title.*forged by return.*forged by line feed/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what the log must not contain.
    expect(shown.filter((line) => /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e]/.test(line))).toEqual([])
    // Only the lines of the log begin like lines of the log.
    expect(shown.filter((line) => /^\[|^\w/.test(line)).map((line) => line.slice(14, 20))).toEqual([
      ' INFO ',
      ' ERROR',
      ' ERROR',
    ])
  })
})
