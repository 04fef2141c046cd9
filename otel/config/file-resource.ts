// `resource` of the configuration file.
import type { Attributes } from '@opentelemetry/api'
import type { ResourceConfigModel } from '@opentelemetry/configuration'
import { type Faults, openSection } from './faults.ts'
import type { ResourceConfig } from './types.ts'
import { pairs, text } from './validators.ts'

type Attribute = NonNullable<ResourceConfigModel['attributes']>[number]

export function readResource(model: ResourceConfigModel | undefined, faults: Faults): ResourceConfig {
  const section = openSection(faults, 'resource', model, ['attributes', 'attributes_list', 'schema_url'])
  const attributes: Attributes = { ...section.read('attributes_list', pairs) }
  for (const [i, attribute] of (model?.attributes ?? []).entries()) {
    const { name, value, type } = attribute
    if (value === null) continue
    if (isOfType(attribute)) attributes[name] = value
    else faults.refuse(`resource.attributes[${i}].value`, value, `of type ${type ?? 'string'}`)
  }
  return { attributes, schemaUrl: section.read('schema_url', text) }
}

function isOfType({ value, type }: Attribute): boolean {
  const [element = 'string', list] = (type ?? 'string').split('_')
  if (Array.isArray(value) !== (list === 'array')) return false
  return [value].flat().every((one) => isElement(one, element))
}

function isElement(value: unknown, type: string): boolean {
  if (type === 'int') return Number.isInteger(value)
  if (type === 'double') return typeof value === 'number'
  return typeof value === (type === 'bool' ? 'boolean' : 'string')
}
