import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'

const { scripts }: { scripts: { start: string } } = JSON.parse(readFileSync('package.json', 'utf8'))
const [, ...startArguments] = scripts.start.split(' ')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command of `npm start` with an option and nothing else in the environment. */
async function run(option: string, env: Record<string, string> = {}, args = startArguments) {
  const child = spawn(process.execPath, [...args, option], { env })
  const exited = new Promise((resolve) => child.once('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { stdout, stderr, code }
}

/** Listens on a port of this machine and counts the connections. */
async function listen() {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  onTestFinished(() => void server.close())
  return { port: String((server.address() as AddressInfo).port), connections: () => connections }
}

describe('npm start -- --check', () => {
  it('prints what would start with the defaults', async () => {
    const dataDir = join(folder, 'data')
    const { code, stdout, stderr } = await run('--check', { DATA_DIR: dataDir })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`The settings are valid. A start would use:

Telemetry
  settings      environment variables
  metrics       prometheus at http://localhost:9464/metrics, without a bearer token
  resource      service.name=microposts

Service
  api           http://localhost:3000
  links         begin with the request's origin
  cors          no other origin
  proxy         X-Forwarded headers are ignored
  database      embedded, in ${dataDir}
  workers       1
  limits        300 requests per user or address in 5 min
                30 login attempts per username and address in 5 min
                5 sign-up attempts per address in 30 min
                80 posts per user in 1 min
  sessions      end 30 d after login
  log           info and above
`)
    expect(existsSync(dataDir)).toBe(false)
  })

  it('prints what would start with other settings, without secrets', async () => {
    const { code, stdout, stderr } = await run('--check', {
      HOST: '::1',
      PORT: '0',
      DATABASE_URL: 'postgresql://me:open-sesame@db:5433/posts?connection_limit=3&password=open-sesame',
      WORKERS: '4',
      PUBLIC_URL: 'https://posts.example/',
      CORS_ORIGIN: 'https://a.example,https://b.example',
      TRUST_PROXY: 'true',
      RATE_LIMIT_LOGIN: '0',
      SESSION_TTL: '90m',
      SESSION_IDLE_TTL: '30m',
      LOG_LEVEL: 'warn',
      METRICS_TOKEN: 'open-sesame',
      METRICS_NATIVE_HISTOGRAMS: 'true',
      OTEL_METRICS_EXPORTER: 'prometheus,otlp,console',
      OTEL_EXPORTER_PROMETHEUS_PORT: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:open-sesame@collector:4318/?key=open-sesame',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=open-sesame',
      OTEL_RESOURCE_ATTRIBUTES: 'team=web',
    })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toContain('open-sesame')
    expect(stdout).toBe(`The settings are valid. A start would use:

Telemetry
  settings      environment variables
  metrics       prometheus at http://localhost:(any free port)/metrics, with a bearer token, native histograms
                otlp over http/protobuf to http://collector:4318/v1/metrics, every 60 s
                console, every 60 s
  resource      service.name=microposts
                team=web

Service
  api           http://[::1]:(any free port)
  links         https://posts.example
  cors          https://a.example
                https://b.example
  proxy         X-Forwarded headers are trusted
  database      postgresql://me@db:5433/posts, 3 connections in each pool
  workers       4
  limits        300 requests per user or address in 5 min
                no limit of login attempts per username and address
                5 sign-up attempts per address in 30 min
                80 posts per user in 1 min
  sessions      end 90 min after login, or 30 min after the last request
  log           warn and above
`)
  })

  it('prints what the configuration file would start', async () => {
    const file = join(folder, 'telemetry.yaml')
    await writeFile(
      file,
      `file_format: "1.1"
meter_provider:
  readers:
    - pull:
        cardinality_limits: {default: 10}
        exporter:
          prometheus/development:
            translation_strategy: no_translation/development
            scope_info_enabled: false
            target_info_enabled/development: false
            resource_constant_labels: {included: ["*"]}
  views: [{selector: {}, stream: {}}]
`,
    )
    const { code, stdout } = await run('--check', { OTEL_CONFIG_FILE: file })

    expect(code).toBe(0)
    expect(stdout).toContain(`
Telemetry
  settings      ${file}, which replaces all OTEL_ variables
  metrics       prometheus at http://localhost:9464/metrics, without a bearer token, names by no_translation, no scope labels, no target_info, resource labels, cardinality limits
  resource      service.name=microposts
  views         1
`)
  })

  it('opens no port and no connection', async () => {
    const [api, metrics, database] = [await listen(), await listen(), await listen()]
    const { code, stderr } = await run('--check', {
      PORT: api.port,
      OTEL_EXPORTER_PROMETHEUS_PORT: metrics.port,
      OTEL_METRICS_EXPORTER: 'prometheus,otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${metrics.port}`,
      DATABASE_URL: `postgresql://me@localhost:${database.port}/db`,
      WORKERS: '2',
    })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect([metrics.connections(), database.connections()]).toEqual([0, 0])
  })

  it('prints every fault and nothing else, those of telemetry first', async () => {
    const { code, stdout, stderr } = await run('--check', {
      PORT: '70000',
      DATABASE_URL: 'postgresql://me:open-sesame@host/db?connection_limit=0&schema=other',
      WORKERS: 'many',
      OTEL_EXPORTER_PROMETHEUS_PORT: 'high',
      METRICS_TOKEN: 'to ken',
    })

    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd().split('\n')).toEqual([
      'OTEL_EXPORTER_PROMETHEUS_PORT="high": must be a whole number from 0 to 65535',
      'METRICS_TOKEN=(hidden): must be a token of visible ASCII characters',
      'PORT="70000": must be a whole number from 0 to 65535',
      'DATABASE_URL=(hidden): must have a connection_limit from 1 to 99999',
      'DATABASE_URL=(hidden): must have no schema but public; give the service a database of its own',
      'WORKERS="many": must be a whole number from 1 to 999',
    ])
  })

  it.each([
    [{ OTEL_CONFIG_FILE: '/no/such.yaml' }, /^OTEL_CONFIG_FILE="\/no\/such[.]yaml": .*\n$/],
    [{ DATABASE_URL: 'mysql://me:open-sesame@host/db' }, /^DATABASE_URL=\(hidden\): must be a URL .*\n$/],
  ])('prints the fault of one side alone: %o', async (env, fault) => {
    expect(await run('--check', env)).toEqual({ code: 1, stdout: '', stderr: expect.stringMatching(fault) })
  })

  it('checks the service alone if telemetry is not loaded', async () => {
    const { code, stdout } = await run('--check', {}, ['src/main.ts'])

    expect(code).toBe(0)
    expect(stdout).toContain('\nService\n')
    expect(stdout).not.toContain('Telemetry')
  })

  it('says that metrics are not exported', async () => {
    const { stdout } = await run('--check', { OTEL_METRICS_EXPORTER: 'none' })
    expect(stdout).toContain('\n  metrics       are not exported\n')
  })
})

describe('npm start', () => {
  it('prints its usage for --help', async () => {
    const { code, stdout, stderr } = await run('--help', {
      PORT: 'invalid',
      OTEL_METRICS_EXPORTER: 'invalid',
    })

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: npm start .*--check.*--help/s)
  })

  it.each(['--chek', 'check', '--check=yes'])('prints one line and the usage for %s', async (option) => {
    const { code, stdout, stderr } = await run(option)

    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^.*che.*\n\nUsage: npm start /)
  })
})
