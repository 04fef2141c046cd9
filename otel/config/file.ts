// Reads the declarative configuration file.
// https://opentelemetry.io/docs/specs/otel/configuration/data-model/
import { readFileSync } from 'node:fs'
import { parseConfigFile } from '@opentelemetry/configuration'
import { type Document, isCollection, parseDocument } from 'yaml'
import type { Fault } from '../../lib/config-error.ts'
import type { Faults } from './faults.ts'
import { type SupportedKeys, supportedKeys } from './supported-keys.ts'
import type { Model, Setting } from './types.ts'

/** Returns undefined if the file disables the SDK or cannot be used. */
export function readFile(setting: Setting, faults: Faults): Model | undefined {
  const document = parseYaml(setting, faults)
  if (!document) return undefined
  const path = String(setting.value)
  try {
    const model = parseConfigFile(path)
    return model.disabled ? undefined : (locate(model, supportedKeys, `${path}: `, faults) as Model)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    for (const fault of schemaFaults(message, path, document)) faults.add(fault)
    // The message does not name the keys that the schema rejects.
    locate(document.toJS(), supportedKeys, `${path}: `, faults)
    if (faults.list.length === 0) faults.add({ name: path, requirement: message })
    return undefined
  }
}

/** parseConfigFile ignores syntax errors and accepts newer formats with a warning; here they are faults. */
function parseYaml({ name, value: path }: Setting, faults: Faults): Document | undefined {
  let yaml: string
  try {
    yaml = readFileSync(String(path), 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    faults.add({ name, value: path, requirement: `must be a readable file (${code})` })
    return undefined
  }
  const document = parseDocument(yaml, { version: '1.2' })
  const [error] = [...document.errors, ...document.warnings]
  if (error) {
    // The first line describes the error; the others show the text around it.
    const description = error.message.split('\n')[0]?.replace(/:$/, '')
    faults.add({ name: String(path), requirement: `must be valid YAML: ${description}` })
    return undefined
  }
  const format = document.get('file_format')
  if (/^(1\.[01](-|$)|\$\{)/.test(String(format))) return document
  faults.add({ name: `${path}: file_format`, value: format, requirement: 'must be "1.0" or "1.1"' })
  return undefined
}

/** Replaces every scalar by a Setting with its path. A key that is not supported becomes a fault. */
function locate(node: unknown, supported: SupportedKeys, path: string, faults: Faults): unknown {
  if (Array.isArray(node)) return node.map((item, i) => locate(item, supported, childPath(path, i), faults))
  if (node === null) return null
  if (typeof node !== 'object') return { name: path, value: node }
  const located: Record<string, unknown> = {}
  for (const [key, child] of Object.entries(node)) {
    const keys = Object.hasOwn(supported, key) ? supported[key] : undefined
    if (keys) located[key] = locate(child, keys, childPath(path, key), faults)
    else faults.add({ name: childPath(path, key), requirement: notSupported(supported) })
  }
  return located
}

function notSupported(supported: SupportedKeys): string {
  const keys = Object.keys(supported)
  return keys.length > 0 ? `is not supported; supported keys: ${keys.join(', ')}` : 'is not supported'
}

/** parseConfigFile reports violations of the schema in one message: lines of a JSON pointer and a reason. */
function schemaFaults(message: string, path: string, document: Document): Fault[] {
  const violations = [...message.matchAll(/(?<=\s)(\/\S+) (must .*)$/gm)]
  if (violations.length === 0) return [{ name: path, requirement: message.replace(`${path}: `, '') }]
  return violations.flatMap(([, pointer = '', reason = '']) => {
    if (reason.includes('additional properties')) return []
    const keys = pointer
      .slice(1)
      .split('/')
      .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    const value = document.getIn(keys)
    return {
      name: keys.reduce(childPath, `${path}: `),
      value: isCollection(value) ? undefined : value,
      secret: keys.some((key) => key.startsWith('headers')),
      requirement: reason.replace(',', ' or '),
    }
  })
}

function childPath(parent: string, key: string | number): string {
  if (/^\d+$/.test(String(key))) return `${parent}[${key}]`
  return parent.endsWith(': ') ? `${parent}${key}` : `${parent}.${key}`
}
