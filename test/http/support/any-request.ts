// Random requests for the operations of an OpenAPI document: mostly valid, but any part may be hostile.
import fc from 'fast-check'
import type { Operation, Parameter, Schema } from './operations.ts'

/** In paths and tokens, the test replaces the placeholders `@owner`, `@other`, `@post` and `@session`. */
export type AnyRequest = {
  /** The operation's name. */
  operation: string
  method: string
  path: string
  headers: [string, string][]
  content: { type: string; body: Uint8Array } | undefined
}

export function anyRequest(operations: Operation[]): fc.Arbitrary<AnyRequest> {
  return fc.constantFrom(...operations).chain((operation) =>
    fc.record({
      operation: fc.constant(operation.name),
      method: mostly(fc.constant(operation.method), fc.constantFrom(...methods)),
      path: anyPath(operation),
      headers: anyHeaders(operation),
      content: operation.body ? anyContent(operation.body) : rarely(anyContent({})),
    }),
  )
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY']

function mostly<T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>, weight = 9): fc.Arbitrary<T> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: unusual })
}

const often = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const rarely = <T>(arbitrary: fc.Arbitrary<T>) => mostly<T | undefined>(fc.constant(undefined), arbitrary)

/** Texts that break careless services: any script, NUL, lone surrogates, quotes, operators. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code)) }),
  fc.string({ unit: fc.constantFrom(...'&|!:*()<>\'"\\%_;-$?#/., \0\n🐘'), maxLength: 12 }),
  fc.constantFrom('', '0', '-1', '1e9', 'null', '__proto__', 'constructor', 'x'.repeat(300)),
  fc.constantFrom('a\0b', 'a\ud800b', "'", '%', '\ufeff', '🐘'.repeat(255)),
)

/** A value that the schema allows. For a schema with a pattern, one of its examples. */
function anyValid({ type, pattern, enum: values, examples = [], ...schema }: Schema): fc.Arbitrary<unknown> {
  if (values) return fc.constantFrom(...values)
  const types = [type].flat()
  const ofType = [
    ...(types.includes('integer') ? [fc.integer({ min: schema.minimum, max: schema.maximum })] : []),
    ...(types.includes('null') ? [fc.constant(null)] : []),
    ...(types.includes('string') && !pattern ? [anyString(schema)] : []),
  ]
  return fc.oneof(...ofType, ...examples.map((example) => fc.constant(example)))
}

const anyString = ({ minLength = 0, maxLength = 40 }: Schema) =>
  fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, minLength + 40) })

const inPlace = ({ parameters }: Operation, place: Parameter['in']) =>
  parameters.filter((parameter) => parameter.in === place)

function anyPath(operation: Operation): fc.Arbitrary<string> {
  const segments = operation.path.split('/').map((segment) => {
    const parameter = inPlace(operation, 'path').find(({ name }) => segment === `{${name}}`)
    return parameter ? anySegment(parameter) : fc.constant(segment)
  })
  return fc
    .tuple(fc.tuple(...segments), anyQuery(inPlace(operation, 'query')))
    .map(([parts, query]) => `${parts.join('/')}${query}`)
}

const known: Record<string, string[]> = {
  username: ['@owner', '@owner', '@other'],
  other: ['@other', '@owner'],
  id: ['@post', '@session'],
}

function anySegment({ name, schema }: Parameter): fc.Arbitrary<string> {
  const usual = known[name] ? fc.constantFrom(...known[name]) : anyValid(schema).map(String)
  const encoded = hostile.map((text) => encodeURIComponent(text.toWellFormed()))
  return mostly(usual, fc.oneof(encoded, fc.constantFrom('%00', '%zz', '%2F', '%', '..', '%ff')))
}

function anyQuery(parameters: Parameter[]): fc.Arbitrary<string> {
  const pairs = parameters.map(({ name, schema }) =>
    often(mostly(anyValid(schema).map(String), hostile, 3).map((value) => [name, value.toWellFormed()])),
  )
  const again = fc.constantFrom('limit', 'cursor', 'search').map((name) => [name, '1'])
  return fc.tuple(...pairs, rarely(again), rarely(fc.tuple(hostile, hostile))).map((found) => {
    const query = new URLSearchParams(found.filter((pair) => pair !== undefined) as [string, string][])
    return query.size > 0 ? `?${query}` : ''
  })
}

const oneOf = (...values: string[]) => fc.oneof(fc.constantFrom(...values), hostile)

const generalHeaders: Record<string, fc.Arbitrary<string>> = {
  accept: oneOf('*/*', 'application/*', 'text/html', 'application/json;q=0'),
  'content-encoding': oneOf('identity', 'gzip'),
  'if-none-match': oneOf('"1"', '*', 'W/"1"'),
  'last-event-id': oneOf('@post'),
  origin: oneOf('null'),
  'x-forwarded-host': hostile,
  'x-request-id': hostile,
}

/** A header, without the characters that header values cannot contain (RFC 9110, section 5.5). */
function entry(name: string, value: fc.Arbitrary<string>): fc.Arbitrary<[string, string]> {
  return value.map((text) => [name, text.replace(/[^\x20-\x7e\x80-\xff]/g, '').trim()])
}

function anyHeaders(operation: Operation): fc.Arbitrary<[string, string][]> {
  const own = inPlace(operation, 'header').map(({ name, schema }) =>
    often(entry(name, mostly(anyValid(schema).map(String), hostile))),
  )
  const general = Object.entries(generalHeaders).map(([name, value]) => rarely(entry(name, value)))
  const token = mostly(
    fc.constant('Bearer @owner'),
    oneOf('Bearer @other', 'Bearer invalid', 'Basic x', 'Bearer'),
  )
  const authorization = fc.option(entry('authorization', token), { nil: undefined, freq: 10 })
  return fc
    .tuple(authorization, ...own, ...general)
    .map((entries) => entries.filter((each) => each !== undefined))
}

/** A body and its Content-Type, which may be wrong. */
function anyContent(schema: Schema): fc.Arbitrary<AnyRequest['content']> {
  const json = anyObject(schema).map((object) => JSON.stringify(object))
  const form = anyObject(schema).map((object) =>
    String(new URLSearchParams(object as Record<string, string>)),
  )
  const extreme = fc.constantFrom('', '['.repeat(16_000), `{"text":"${'x'.repeat(20_000)}"}`)
  const content = (type: string, text: fc.Arbitrary<string>) =>
    fc.record({
      type: mostly(fc.constant(type), fc.constantFrom('text/plain', 'application/json; charset=latin1', ';')),
      body: mostly<Uint8Array>(text.map(Buffer.from), fc.uint8Array()),
    })
  return fc.oneof(
    { weight: 6, arbitrary: content('application/json', json) },
    { weight: 3, arbitrary: content('application/x-www-form-urlencoded', form) },
    { weight: 1, arbitrary: content('application/json', fc.oneof(fc.json(), hostile, extreme)) },
  )
}

function anyObject({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, unknown>> {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const value = mostly(anyValid(schema), mostly(hostile, fc.jsonValue(), 3), 3)
    const field: fc.Arbitrary<[string, unknown]> = value.map((each) => [name, each])
    return required.includes(name)
      ? mostly<[string, unknown] | undefined>(field, fc.constant(undefined))
      : often(field)
  })
  return fc.tuple(...fields).map((found) => Object.fromEntries(found.filter((each) => each !== undefined)))
}
