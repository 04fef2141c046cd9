// What a process loads: memory and start time depend on it.
import { once } from 'node:events'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  freshFolder,
  freshServerDatabase,
  hasServer,
  type TemporaryDatabase,
} from '../../harness/database.ts'
import { startService } from '../../harness/service.ts'

/** Starts a service, and returns the packages, files and modules of Node that its first process has loaded. */
async function loadedBy(env: Record<string, string>, database: TemporaryDatabase) {
  const preload = ['./test/process/support/report-loaded.ts', './otel/register.ts']
  const service = await startService(env, database, { preload, ipc: true })
  const reply = once(service.process, 'message')
  service.process.send('loaded')
  const [loaded]: string[][] = await reply
  await service.stop()
  return new Set(loaded?.map(nameOf))
}

/** The name of a package, the path of a file of ours, or else the entry itself. */
function nameOf(entry: string): string {
  const [, name] =
    /\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/.exec(entry) ??
    /\/((?:src|otel|lib)\/.*)$/.exec(entry) ??
    []
  return name ?? entry
}

const exporters = ['http', 'proto', 'grpc'].map((name) => `@opentelemetry/exporter-metrics-otlp-${name}`)
const unused = (loaded: Set<string>, names: string[]) => names.filter((name) => loaded.has(name))

describe('a process on the embedded database', () => {
  it('loads no OTLP exporter, and not what reads configuration files or writes for a terminal', async () => {
    const loaded = await loadedBy({}, await embedded())

    expect(loaded).toContain('@electric-sql/pglite')
    expect(loaded).toContain('src/process/serve.ts')
    expect(unused(loaded, [...exporters, 'yaml', 'pino-pretty', 'otel/otlp.ts'])).toEqual([])
  })

  it('loads the exporter of its protocol alone', async () => {
    const env = { OTEL_METRICS_EXPORTER: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }
    const loaded = await loadedBy(env, await embedded())

    expect(loaded).toContain('@opentelemetry/exporter-metrics-otlp-proto')
    expect(unused(loaded, ['@opentelemetry/exporter-metrics-otlp-grpc', '@grpc/grpc-js'])).toEqual([])
    expect(unused(loaded, ['@opentelemetry/exporter-prometheus', 'otel/pull/endpoint.ts'])).toEqual([])
  })
})

describe.runIf(hasServer())('on PostgreSQL', () => {
  it('a process loads no PGlite', async () => {
    const loaded = await loadedBy({}, await onServer())

    expect(loaded).toContain('@prisma/client')
    expect(unused(loaded, ['@electric-sql/pglite', '@electric-sql/pglite-prepopulatedfs'])).toEqual([])
  })

  it('the primary of several workers loads neither Koa nor Prisma nor the routes', async () => {
    const loaded = await loadedBy({ WORKERS: '2' }, await onServer())

    expect(loaded).toContain('src/process/supervisor.ts')
    expect(unused(loaded, ['koa', '@koa/router', '@prisma/client', 'pg', 'src/routes.ts'])).toEqual([])
  })

  it('a later start loads neither the compiler of TypeScript nor an HTTP client', async () => {
    const database = await onServer()
    await loadedBy({}, database)
    const loaded = await loadedBy({}, database)

    expect(loaded).toContain('NativeModule internal/modules/typescript')
    expect(loaded).not.toContain('NativeModule internal/deps/amaro/dist/index')
    expect(loaded).not.toContain('NativeModule internal/deps/undici/undici')
  })
})

async function onServer() {
  const database = await freshServerDatabase()
  onTestFinished(database.drop)
  return database
}

async function embedded() {
  const database = await freshFolder()
  onTestFinished(database.drop)
  return database
}
