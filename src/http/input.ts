// Reads the input of a request and validates it against the endpoint's schemas.
import type { z } from 'zod'
import { AppError, type Fault, invalidInput } from '../errors.ts'
import type { Viewer } from '../viewer.ts'
import { readBody } from './body.ts'
import type { Context } from './context.ts'
import type { Endpoint, Input } from './endpoint.ts'

/**
 * Everything that a handler needs. Body, query and headers are validated before the path, because invalid input
 * (400) takes precedence over a missing resource (404).
 *
 * @throws {AppError} invalid-input with every fault; not-found if the path's parameters do not match
 */
export async function readInput(
  ctx: Context & { params: Record<string, string> },
  endpoint: Endpoint,
  viewer: Viewer | undefined,
): Promise<Input<Endpoint>> {
  const content = endpoint.body ? await readBody(ctx) : {}
  const body = validate('body', endpoint.body, content)
  const query = validate('query', endpoint.query, endpoint.query && { ...ctx.query })
  const headers = validate('header', endpoint.headers, ctx.headers)
  if (body.faults.length + query.faults.length + headers.faults.length > 0) {
    const more = (await endpoint.moreFaults?.(content)) ?? []
    throw invalidInput([...body.faults, ...more, ...query.faults, ...headers.faults])
  }
  const params = endpoint.params?.safeParse(ctx.params)
  if (params && !params.success) throw new AppError('not-found', 'This path does not exist.')
  return {
    params: params?.data ?? {},
    query: query.data,
    headers: headers.data,
    body: body.data,
    requestHeaders: ctx.headers,
    viewer,
    origin: ctx.state.origin,
    url: ctx.path + ctx.search,
  } as Input<Endpoint>
}

type InputLocation = 'body' | 'query' | 'header'

function validate(location: InputLocation, schema: z.ZodType | undefined, value: unknown) {
  if (!schema) return { data: {}, faults: [] }
  const { data, error } = schema.safeParse(value, { reportInput: true })
  return { data, faults: error?.issues.map((issue) => toFault(location, issue)) ?? [] }
}

function toFault(location: InputLocation, issue: z.core.$ZodIssue): Fault {
  const detail = message(issue)
  if (location === 'query') return { detail, parameter: String(issue.path[0]) }
  if (location === 'header') return { detail, header: headerName(String(issue.path[0])) }
  return { detail, pointer: issue.path.map((step) => `/${escapePointer(String(step))}`).join('') }
}

function message(issue: z.core.$ZodIssue): string {
  if (issue.code !== 'invalid_type') return issue.message
  return issue.input === undefined ? 'is required' : `must be a ${issue.expected}`
}

/** RFC 6901, section 3. */
const escapePointer = (step: string) => step.replaceAll('~', '~0').replaceAll('/', '~1')

/** `If-Match` for `if-match`. */
export const headerName = (name: string) => name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())
