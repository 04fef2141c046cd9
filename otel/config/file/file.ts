// Reads the declarative configuration file. The parser of @opentelemetry/configuration is not used: it stops at the first
// violation, names no unknown key, and rejects the keys of file_format 1.0. A test compares the two.
// https://opentelemetry.io/docs/specs/otel/configuration/data-model/
import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { Faults } from '../faults.ts'
import type { Model, Setting } from '../types.ts'
import { formats } from './prometheus-keys.ts'
import { isMapping } from './shape.ts'
import { substituteVariables } from './substitution.ts'
import { supportedKeys } from './supported-keys.ts'

/** Returns undefined if the file disables the SDK or cannot be used. */
export function readFile(setting: Setting, env: NodeJS.ProcessEnv, faults: Faults): Model | undefined {
  const root = parseFile(setting, env, faults)
  // As with OTEL_SDK_DISABLED, settings without effect are not checked.
  if (!root || root.disabled === true) return undefined
  const path = `${setting.value}: `
  const format = formats.find((one) => one === root.file_format)
  if (format) return supportedKeys(format)(root, { path, faults }) as Model
  const requirement = `must be ${formats.map((one) => JSON.stringify(one)).join(' or ')}, in quotes`
  faults.add({ name: `${path}file_format`, value: root.file_format, requirement })
  return undefined
}

/** Returns undefined if there is no mapping in the file. */
function parseFile({ name, value: path }: Setting, env: NodeJS.ProcessEnv, faults: Faults) {
  const reject = (requirement: string) => {
    faults.add({ name: String(path), requirement })
    return undefined
  }
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
  // The first line describes the error; the others show the text around it.
  if (error) return reject(`must be valid YAML: ${error.message.split('\n')[0]?.replace(/:$/, '')}`)
  const invalid = substituteVariables(document, env)
  if (invalid.length > 0)
    return reject(`must not contain ${invalid.join(', ')}: write \${NAME} or \${NAME:-default}`)
  try {
    const root: unknown = document.toJS()
    return isMapping(root) ? root : reject('must be a mapping')
  } catch (cause) {
    // Aliases are resolved only now.
    return reject(`must be valid YAML: ${(cause as Error).message}`)
  }
}
