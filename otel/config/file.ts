// The declarative configuration file, YAML of file_format 1.0.
// https://opentelemetry.io/docs/specs/otel/configuration/data-model/
import { readFileSync } from 'node:fs'
import {
  type ConfigurationModel,
  type MeterProviderConfigModel,
  parseConfigFile,
} from '@opentelemetry/configuration'
import { parseDocument } from 'yaml'
import { type Faults, openSection } from './faults.ts'
import { readReader } from './file-readers.ts'
import { readResource } from './file-resource.ts'
import { readView } from './file-views.ts'
import type { TelemetryConfig } from './types.ts'
import { oneOf, token } from './validators.ts'

/** Undefined when the file disables the SDK, or has no meter provider; or when it has faults. */
export function readFile(path: string, env: NodeJS.ProcessEnv, faults: Faults): TelemetryConfig | undefined {
  const model = parse(path, faults)
  if (!model || model.disabled) return undefined
  openSection(faults, '', model, ['disabled', 'resource', 'meter_provider'])
  const resource = readResource(model.resource, faults)
  if (!model.meter_provider) return undefined
  const { readers, views = [] } = checkProvider(model.meter_provider, faults)
  // The service's own setting, which no file of OpenTelemetry has.
  const secret = env.METRICS_TOKEN?.trim()
  const scrapeToken = secret ? faults.check('METRICS_TOKEN', secret, token) : undefined
  return {
    resource,
    readers: readers.flatMap((reader, i) => readReader(reader, i, scrapeToken, faults)),
    views: views.flatMap((view, i) => readView(view, i, faults)),
  }
}

function checkProvider(provider: MeterProviderConfigModel, faults: Faults): MeterProviderConfigModel {
  const section = openSection(faults, 'meter_provider', provider, ['readers', 'views', 'exemplar_filter'])
  // The SDK has no exemplars yet.
  section.read('exemplar_filter', oneOf('always_off'))
  return provider
}

function parse(path: string, faults: Faults): ConfigurationModel | undefined {
  try {
    const document = parseDocument(readFileSync(path, 'utf8'), { version: '1.2' })
    // The parser of the package reads on after a syntax error, and takes a newer file with a mere warning.
    const [flaw] = [...document.errors, ...document.warnings]
    if (flaw) throw flaw
    const format = String(document.get('file_format'))
    if (/^\d/.test(format) && !/^1\.[01](-|$)/.test(format))
      throw new Error(`file_format ${format} is not 1.0`)
    return parseConfigFile(path)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    const flaws = schemaFlaws(message)
    // YAML's own message goes on with a picture of the place.
    const [first = ''] = message.replaceAll(`${path}: `, '').split('\n')
    faults.lines.push(...(flaws.length > 0 ? flaws : [`OTEL_CONFIG_FILE: ${path}: ${first}`]))
    return undefined
  }
}

/** What breaks the schema comes as one message, with a JSON pointer and a reason for each. */
function schemaFlaws(message: string): string[] {
  return [...message.matchAll(/(?<=\s)(\/\S+) (must .*)$/gm)].map(([, pointer = '', reason]) => {
    const keys = pointer.slice(1).split('/')
    const path = keys
      .map((key) => (/^\d+$/.test(key) ? `[${key}]` : `.${key.replaceAll('~1', '/')}`))
      .join('')
    return `${path.slice(1)}: ${reason}`
  })
}
