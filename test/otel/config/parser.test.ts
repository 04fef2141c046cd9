// Compares our reader of the file with OpenTelemetry's parser, for file_format 1.1.
/* biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file has references to variables */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfigFile } from '@opentelemetry/configuration'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFaults } from '../../../otel/config/faults.ts'
import { readFile } from '../../../otel/config/file/file.ts'

const env = {
  NUMBER: '9000',
  TEXT: 'a: b',
  EMPTY: '',
  QUOTED: '"9"',
  TRUE: 'true',
  LIST: '[1, 2]',
  NULL: 'null',
}

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'microposts-otel-'))
  Object.assign(process.env, env)
})
afterAll(() => rm(folder, { recursive: true }))

let files = 0
/** Returns what each of the two reads, or undefined where it rejects the file. */
async function readBoth(yaml: string) {
  const path = join(folder, `${++files}.yaml`)
  await writeFile(path, `file_format: "1.1"\n${yaml}`)
  const faults = createFaults()
  const ours = readFile({ name: 'OTEL_CONFIG_FILE', value: path }, env, faults)
  const { file_format, ...model } = (valuesOf(ours) ?? {}) as Record<string, unknown>
  return { theirs: theirModel(path), ours: faults.list.length > 0 ? undefined : model }
}

function theirModel(path: string) {
  try {
    return parseConfigFile(path)
  } catch {
    return undefined
  }
}

/** Replaces each Setting by its value. */
function valuesOf(node: unknown): unknown {
  if (typeof node !== 'object' || node === null) return node
  if (Array.isArray(node)) return node.map(valuesOf)
  // An attribute has a name and a value too, but both are Settings.
  const { name, value } = node as { name?: unknown; value?: unknown }
  if (typeof name === 'string') return value
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, valuesOf(child)]))
}

/** In block style, because a flow mapping cannot contain ${NAME} without quotes. */
const resource = (value: string) => `resource:\n  attributes:\n    - name: key\n      value: ${value}`
const reader = (yaml: string) => `meter_provider: {readers: [${yaml}]}`
const pull = (yaml: string) => reader(`{pull: {exporter: {prometheus/development: ${yaml}}}}`)
const push = (yaml: string) => reader(`{periodic: {exporter: ${yaml}}}`)
const view = (selector: string, stream: string) =>
  `meter_provider: {readers: [{periodic: {exporter: {console: }}}], views: [{selector: ${selector}, stream: ${stream}}]}`

describe('the file means the same to OpenTelemetry', () => {
  it.each([
    ...['text', '"5"', '5', '1.5', 'true', '', '[a, b]', '[1, 2]', '[true]', '!!str 5', '0x10', '1e3', '~'],
    ...[
      '${NUMBER}',
      '"${NUMBER}"',
      "'${NUMBER}'",
      '${env:NUMBER}',
      '${TRUE}',
      '${TEXT}',
      '${NULL}',
      '${LIST}',
    ],
    ...['${EMPTY}', '${EMPTY:-default}', '${UNSET_:-}', '${UNSET_:-5}', '${UNSET_}', '${QUOTED}'],
    ...[
      'a${NUMBER}b${TEXT}',
      '$$',
      '$${NUMBER}',
      '$$${NUMBER}',
      '$$$${NUMBER}',
      '$NUMBER',
      '"${}"',
      '5${UNSET_}',
    ],
  ])('resource attribute %s', async (value) => {
    const { theirs, ours } = await readBoth(resource(value))
    expect(theirs).toBeDefined()
    expect(ours).toEqual(theirs)
  })

  it.each([
    pull(''),
    pull('{host: "::1", port: 0}'),
    pull(
      '{scope_info_enabled: true, target_info_enabled/development: false, resource_constant_labels: {included: ["*"]}}',
    ),
    pull('{translation_strategy: no_translation/development}'),
    push(
      '{otlp_http: {endpoint: "http://localhost", headers: [{name: a, value: }], tls: {ca_file: a}, encoding: json}}',
    ),
    push('{otlp_grpc: {tls: {insecure: true}, temporality_preference: low_memory, timeout: 0}}'),
    push(
      '{otlp_http: {default_histogram_aggregation: base2_exponential_bucket_histogram, headers_list: "a=b"}}',
    ),
    reader(
      '{pull: {exporter: {prometheus/development: }, cardinality_limits: {default: 5, observable_gauge: 1}}}',
    ),
    reader(
      '{periodic: {exporter: {console: }, interval: 5, timeout: , max_export_batch_size/development: 10}}',
    ),
    view('{}', '{}'),
    view('{instrument_type: up_down_counter}', '{aggregation: {drop: }, attribute_keys: {excluded: [a]}}'),
    view('{unit: s}', '{aggregation: {explicit_bucket_histogram: {boundaries: [], record_min_max: false}}}'),
    view('{}', '{aggregation: {base2_exponential_bucket_histogram: {max_scale: -10, max_size: 2}}}'),
    'resource: &r {attributes_list: "a=b"}',
    'resource:\n  attributes:\n    - &a\n      name: one\n      value: text ${NUMBER}\n    - *a',
  ])('%s', async (yaml) => {
    const { theirs, ours } = await readBoth(yaml)
    expect(theirs).toBeDefined()
    expect(ours).toEqual(theirs)
  })
})

describe('both reject', () => {
  it.each([
    resource('{a: b}'),
    resource('[]'),
    resource('"${1A}"'),
    'resource: ',
    'resource: {attributes: [{name: key}]}',
    'resource: {attributes: [{name: , value: x}]}',
    'resource: {attributes: [{name: key, value: x, type: text}]}',
    reader(''),
    reader('{}'),
    reader('{pull: {}}'),
    reader('{pull: }'),
    reader('{pull: {exporter: {}}}'),
    pull('{port: "9464"}'),
    pull('{port: "${NUMBER}"}'),
    pull('{port: 1.5}'),
    pull('{host: 5}'),
    pull('{scope_info_enabled: "true"}'),
    pull('{scope_info_enabled: 1}'),
    pull('{translation_strategy: none}'),
    pull('{resource_constant_labels: }'),
    pull('{resource_constant_labels: {included: []}}'),
    pull('{resource_constant_labels: {included: [1]}}'),
    push('{otlp_http: [a]}'),
    push('{otlp_http: {encoding: JSON}}'),
    push('{otlp_http: {headers: {a: b}}}'),
    push('{otlp_http: , console: }'),
    reader('{pull: {exporter: {prometheus/development: }, cardinality_limits: {default: 5.5}}}'),
    reader('{pull: {exporter: {prometheus/development: }, cardinality_limits: {summary: 5}}}'),
    view('{instrument_type: COUNTER}', '{}'),
    view('{}', '{aggregation: {}}'),
    view('{}', '{aggregation: {sum: , drop: }}'),
    view('{}', '{aggregation: {explicit_bucket_histogram: {boundaries: [a]}}}'),
  ])('%s', async (yaml) => {
    expect(await readBoth(yaml)).toEqual({ theirs: undefined, ours: undefined })
  })
})
