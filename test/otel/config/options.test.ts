import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readTelemetryConfig } from '../../../otel/config/read.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-otel-'))
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
/** Reads a file with this content, as a start does; unlike a start, it opens no port. */
async function read(yaml: string, env: Record<string, string> = {}) {
  const path = join(folder, `${++files}.yaml`)
  await writeFile(path, yaml)
  return readTelemetryConfig({ ...env, OTEL_CONFIG_FILE: path })
}

const providerOf = (format: string, exporter: string) =>
  `file_format: "${format}"\nmeter_provider: {readers: [{pull: {exporter: {prometheus/development: ${exporter}}}}]}`

const defaults = {
  kind: 'pull',
  host: 'localhost',
  port: 9464,
  token: undefined,
  translationStrategy: 'underscore_escaping_with_suffixes',
  scopeInfo: true,
  targetInfo: true,
  resourceLabels: undefined,
  nativeHistograms: false,
  cardinalityLimits: undefined,
}

describe('the Prometheus exporter of the file', () => {
  it.each(['1.0', '1.1'])('has defaults in format %s', async (format) => {
    expect((await read(providerOf(format, '')))?.readers).toEqual([defaults])
    expect((await read(providerOf(format, '{host: , port: }')))?.readers).toEqual([defaults])
  })

  it.each([
    [
      '1.0',
      'without_scope_info: true, without_target_info/development: true, with_resource_constant_labels: {included: [service.*], excluded: ["*.id"]}',
    ],
    [
      '1.1',
      'scope_info_enabled: false, target_info_enabled/development: false, resource_constant_labels: {included: [service.*], excluded: ["*.id"]}',
    ],
  ])('has the options of format %s', async (format, options) => {
    const config = await read(providerOf(format, `{host: "::1", port: 0, ${options}}`))

    expect(config?.readers).toEqual([
      {
        ...defaults,
        host: '::1',
        port: 0,
        scopeInfo: false,
        targetInfo: false,
        resourceLabels: { included: ['service.*'], excluded: ['*.id'] },
      },
    ])
  })

  it.each([
    [
      '1.0',
      'without_scope_info: false, without_target_info/development: , with_resource_constant_labels: {}',
    ],
    ['1.1', 'scope_info_enabled: true, target_info_enabled/development: , resource_constant_labels: {}'],
  ])('has the default for a key of format %s without a value', async (format, options) => {
    const config = await read(providerOf(format, `{${options}}`))

    expect(config?.readers).toEqual([{ ...defaults, resourceLabels: { included: [], excluded: [] } }])
  })

  it.each([
    ['underscore_escaping_with_suffixes', 'underscore_escaping_with_suffixes'],
    ['underscore_escaping_without_suffixes/development', 'underscore_escaping_without_suffixes'],
    ['no_utf8_escaping_with_suffixes/development', 'no_utf8_escaping_with_suffixes'],
    ['no_translation/development', 'no_translation'],
  ])('has the translation strategy %s', async (written, translationStrategy) => {
    for (const format of ['1.0', '1.1']) {
      const config = await read(providerOf(format, `{translation_strategy: ${written}}`))
      expect(config?.readers).toEqual([{ ...defaults, translationStrategy }])
    }
  })

  it.each(['true', 'TRUE', 'True'])(
    'has native histograms with METRICS_NATIVE_HISTOGRAMS=%s',
    async (value) => {
      const env = { METRICS_NATIVE_HISTOGRAMS: value, METRICS_TOKEN: 's3cret' }
      expect((await read(providerOf('1.1', ''), env))?.readers).toEqual([
        { ...defaults, nativeHistograms: true, token: 's3cret' },
      ])
      expect((await readTelemetryConfig(env))?.readers).toEqual([
        { ...defaults, nativeHistograms: true, token: 's3cret' },
      ])
    },
  )
})

describe('METRICS_NATIVE_HISTOGRAMS', () => {
  it('must be true or false', async () => {
    const env = { METRICS_NATIVE_HISTOGRAMS: 'yes' }
    const fault = 'METRICS_NATIVE_HISTOGRAMS="yes": must be true or false'

    await expect(readTelemetryConfig(env)).rejects.toThrow(fault)
    await expect(read(providerOf('1.0', ''), env)).rejects.toThrow(fault)
    expect((await readTelemetryConfig({ METRICS_NATIVE_HISTOGRAMS: 'FALSE' }))?.readers).toEqual([defaults])
  })

  it('is ignored if nothing can be scraped', async () => {
    const env = { METRICS_NATIVE_HISTOGRAMS: 'yes', OTEL_METRICS_EXPORTER: 'console' }
    expect((await readTelemetryConfig(env))?.readers).toMatchObject([{ kind: 'push' }])
  })
})

describe('cardinality limits', () => {
  it('are read for pull and periodic readers, by instrument type', async () => {
    const config = await read(`
file_format: "1.0"
meter_provider:
  readers:
    - pull:
        exporter: {prometheus/development: }
        cardinality_limits: {default: 50, counter: 10, observable_up_down_counter: 20, gauge: }
    - periodic:
        exporter: {console: }
        cardinality_limits: {histogram: 7}
`)

    expect(config?.readers).toMatchObject([
      { kind: 'pull', cardinalityLimits: { default: 50, COUNTER: 10, OBSERVABLE_UP_DOWN_COUNTER: 20 } },
      { kind: 'push', cardinalityLimits: { HISTOGRAM: 7 } },
    ])
  })
})

describe('the file in docs/operations.md', () => {
  it('is accepted', async () => {
    const docs = await readFile('docs/operations.md', 'utf8')
    const [, yaml = ''] = /```yaml\n(file_format: .*?)```/s.exec(docs) ?? []

    const config = await read(yaml, { ENVIRONMENT: 'staging' })
    expect(config?.resource.attributes).toEqual({
      'deployment.environment.name': 'staging',
      replicas: 3,
      team: 'web',
      tier: '1',
    })
    expect(config?.readers.map(({ kind }) => kind)).toEqual(['pull', 'push', 'push', 'push'])
    expect(config?.views).toHaveLength(2)
  })
})
