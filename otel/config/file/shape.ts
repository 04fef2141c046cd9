// Describes what a part of the configuration file may contain: keys, types and closed sets of values. Ranges and formats
// of values are the rules of the model, which variables have too.
import type { Faults } from '../faults.ts'
import type { Setting } from '../types.ts'

/**
 * Returns the part with every scalar as a Setting, or undefined for a part that cannot be used. Everything that is not
 * allowed becomes a fault.
 */
export type Shape = (node: unknown, place: Place) => unknown

/** Where a part is: `otel.yaml: ` and the path inside it. */
export type Place = { path: string; faults: Faults }

export const text = scalar('a text, in quotes if it looks like a number', isText)
export const secretText = scalar('a text, in quotes if it looks like a number', isText, { secret: true })
export const integer = scalar('a whole number, without quotes', Number.isInteger)
export const number = scalar('a finite number, without quotes', Number.isFinite)
export const boolean = scalar('true or false, without quotes', (node) => typeof node === 'boolean')
export const anyScalar = scalar('a text, a number, true or false', (node) => typeof node !== 'object')

export const oneOf = (...values: string[]): Shape =>
  scalar(values.length > 1 ? `one of ${values.join(', ')}` : values.join(), (node) =>
    values.some((value) => value === node),
  )

/** Null counts as unset. */
function scalar(allowed: string, isAllowed: (node: unknown) => boolean, { secret = false } = {}): Shape {
  return (node, place) => {
    if (node === null) return null
    if (isAllowed(node)) return { name: place.path, value: node } as Setting
    place.faults.add({ name: place.path, value: shown(node), secret, requirement: `must be ${allowed}` })
    return undefined
  }
}

export const notNull =
  (shape: Shape): Shape =>
  (node, place) => {
    if (node !== null) return shape(node, place)
    place.faults.add({ name: place.path, requirement: 'must have a value' })
    return undefined
  }

export const orNull =
  (shape: Shape): Shape =>
  (node, place) =>
    node === null ? null : shape(node, place)

/** `secret` hides the value of something that is not a list. */
export function list(item: Shape, { mayBeEmpty = false, secret = false } = {}): Shape {
  return (node, { path, faults }) => {
    if (!Array.isArray(node) || (node.length === 0 && !mayBeEmpty)) {
      const requirement = mayBeEmpty ? 'must be a list' : 'must be a list with at least one item'
      faults.add({ name: path, value: shown(node), secret, requirement })
      return undefined
    }
    const items = node.map((child, i) => item(child, { path: `${path}[${i}]`, faults }))
    return items.filter((child) => child !== undefined)
  }
}

type MappingRules = {
  /** Keys that must be there; the value may be null. */
  required?: string[]
  /** There must be one key. */
  single?: boolean
  /** What the fault of a key that is not supported says, by key. */
  advice?: Readonly<Record<string, string>>
  /** Hides the value of something that is not a mapping. */
  secret?: boolean
}

export function mapping(
  shapes: Readonly<Record<string, Shape>>,
  { required = [], single = false, advice = {}, secret = false }: MappingRules = {},
): Shape {
  const supported = Object.keys(shapes).join(', ')
  const notSupported = supported ? `is not supported; supported keys: ${supported}` : 'is not supported'
  return (node, { path, faults }) => {
    if (!isMapping(node)) {
      faults.add({ name: path, value: shown(node), secret, requirement: 'must be a mapping' })
      return undefined
    }
    const located: Record<string, unknown> = {}
    for (const [key, child] of Object.entries(node)) {
      const place = { path: childPath(path, key), faults }
      const shape = Object.hasOwn(shapes, key) ? shapes[key] : undefined
      if (shape) located[key] = shape(child, place)
      else faults.add({ name: place.path, requirement: advice[key] ?? notSupported })
    }
    for (const key of required)
      if (!Object.hasOwn(node, key)) faults.add({ name: childPath(path, key), requirement: 'is required' })
    const isSingle = !single || Object.keys(node).length === 1
    if (!isSingle) faults.add({ name: path, requirement: `must have exactly one of ${supported}` })
    return isSingle && required.every((key) => located[key] !== undefined) ? located : undefined
  }
}

function childPath(parent: string, key: string): string {
  return parent.endsWith(': ') ? `${parent}${key}` : `${parent}.${key}`
}

function isText(node: unknown): node is string {
  return typeof node === 'string'
}

export function isMapping(node: unknown): node is Record<string, unknown> {
  return typeof node === 'object' && node !== null && !Array.isArray(node)
}

/** Lists and mappings are not shown: they may be long, and contain secrets. */
function shown(node: unknown): unknown {
  return typeof node === 'object' && node !== null ? undefined : node
}
