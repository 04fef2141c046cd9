// `npm run copy-telemetry`, as the owner of another service runs it.
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runService } from '../../harness/service.ts'
import { scrape } from '../../harness/telemetry/scrape.ts'

const service = `
const { createServer } = require('node:http')
const server = createServer((request, response) => {
  request.route = '/'
  response.end('a thing')
}).listen(0, () => {
  const url = 'http://localhost:' + server.address().port
  console.log(JSON.stringify({ level: 30, msg: 'listening', url }))
})
`

/** Copies the telemetry into a CommonJS service. Its packages are the project's own that the copy declares. */
async function createCopy() {
  const folder = await mkdtemp(join(tmpdir(), 'service-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'package.json'), '{ "name": "other", "version": "3.2.1", "type": "commonjs" }')
  await writeFile(join(folder, 'app.js'), service)
  execFileSync(process.execPath, ['scripts/copy-telemetry.ts', '--to', join(folder, 'telemetry')])
  const { dependencies } = JSON.parse(await readFile(join(folder, 'telemetry/package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) {
    const link = join(folder, 'telemetry/node_modules', name)
    await mkdir(join(link, '..'), { recursive: true })
    await symlink(join(process.cwd(), 'node_modules', name), link)
  }
  return folder
}

describe('npm run copy-telemetry', () => {
  it('copies all that measures a CommonJS service, and declares every package', async () => {
    const folder = await createCopy()
    await writeFile(
      join(folder, 'telemetry.yaml'),
      `file_format: '1.0'
meter_provider:
  readers:
    - pull: { exporter: { prometheus/development: { host: localhost, port: 0 } } }
    - periodic: { exporter: { otlp_http: { endpoint: 'http://localhost:1/v1/metrics' } } }
    - periodic: { exporter: { otlp_grpc: { endpoint: 'http://localhost:1' } } }
`,
    )
    const running = runService(
      { OTEL_CONFIG_FILE: join(folder, 'telemetry.yaml') },
      { entry: join(folder, 'app.js'), preload: [join(folder, 'telemetry/otel/register.ts')] },
    )
    onTestFinished(() => void running.kill('SIGKILL'))
    const { url } = await running.logged('listening')
    const { endpoint } = await running.logged('metrics exported')
    await (await fetch(String(url))).text()

    const page = await scrape({ metricsUrl: String(endpoint) })
    expect(page.sum('http_server_request_duration_seconds_count', { http_route: '/' })).toBe(1)
    expect(page.series('target_info')[0]?.labels).toMatchObject({
      service_name: 'other',
      service_version: '3.2.1',
    })
    const liveView = new URL('/', String(endpoint))
    expect((await fetch(liveView)).status).toBe(200)
    expect((await fetch(new URL('/live/uplot.js', liveView))).status).toBe(200)
  })

  it('replaces an earlier copy, and nothing else', async () => {
    const folder = await createCopy()
    const copy = (to: string) =>
      execFileSync(process.execPath, ['scripts/copy-telemetry.ts', '--to', to], {
        stdio: 'pipe',
        encoding: 'utf8',
      })
    expect(copy(join(folder, 'telemetry'))).toContain('written')
    expect(() => copy(folder)).toThrow(`${folder} contains something else.`)
  })
})
