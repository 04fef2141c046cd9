// Reads request bodies: a JSON object or a form, in UTF-8, at most 16 KiB.
import { parse as parseContentType } from 'content-type'
import getRawBody from 'raw-body'
import { AppError } from '../errors.ts'
import type { Context } from './context.ts'

const limitBytes = 16 * 1024

/** @throws {AppError} unsupported-media-type, content-too-large or malformed-request, in this order of precedence */
export async function readBody(ctx: Context): Promise<Record<string, unknown>> {
  const parse = parserFor(ctx)
  const bytes = await readBytes(ctx)
  ctx.state.bodyBytes = bytes.length
  return parse(decode(bytes))
}

type Parser = (text: string) => Record<string, unknown>

function parserFor(ctx: Context): Parser {
  const encoding = ctx.get('Content-Encoding').trim().toLowerCase()
  if (encoding !== '' && encoding !== 'identity') {
    throw new AppError('unsupported-media-type', 'Content-Encoding is not supported.', {
      headers: { 'Accept-Encoding': 'identity' },
    })
  }
  const header = ctx.get('Content-Type')
  // A request without a body needs no type; parseJson reports the missing body.
  if (header === '' && !hasBody(ctx)) return parseJson
  const { type, parameters } = parseContentType(header)
  const charset = parameters.charset?.toLowerCase() ?? 'utf-8'
  if (charset !== 'utf-8' && charset !== 'utf8') {
    throw new AppError('unsupported-media-type', 'The charset must be utf-8.')
  }
  if (type === 'application/json') return parseJson
  if (type === 'application/x-www-form-urlencoded') return parseForm
  throw new AppError(
    'unsupported-media-type',
    'The body must be application/json or application/x-www-form-urlencoded.',
  )
}

function hasBody(ctx: Context): boolean {
  return ctx.get('Transfer-Encoding') !== '' || Number(ctx.get('Content-Length')) > 0
}

async function readBytes(ctx: Context): Promise<Buffer> {
  try {
    return await getRawBody(ctx.req, { limit: limitBytes, length: ctx.request.length })
  } catch (cause) {
    if (isTooLarge(cause)) {
      // Read the rest, so that the client sees the response instead of a reset connection. The server's request
      // timeout limits this.
      ctx.req.resume()
      throw new AppError('content-too-large', 'The body exceeds 16 KiB.')
    }
    throw new AppError('malformed-request', 'The body is incomplete.', { cause })
  }
}

const isTooLarge = (error: unknown) =>
  error instanceof Error && 'type' in error && error.type === 'entity.too.large'

function decode(bytes: Buffer): string {
  const text = utf8(bytes)
  if (text.startsWith('\ufeff'))
    throw new AppError('malformed-request', 'The body starts with a byte-order mark.')
  return text
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw new AppError('malformed-request', 'The body is not valid UTF-8.', { cause })
  }
}

function parseJson(text: string): Record<string, unknown> {
  const value = jsonValue(text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>
  throw new AppError('malformed-request', 'The body is not a JSON object.')
}

function jsonValue(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const detail =
      text.trim() === '' ? 'The body is empty; it must be a JSON object.' : 'The body is not valid JSON.'
    throw new AppError('malformed-request', detail, { cause })
  }
}

/** If a field is repeated, the last value is used. */
function parseForm(text: string): Record<string, unknown> {
  try {
    // Refuses escapes that are not UTF-8; URLSearchParams would replace them.
    decodeURIComponent(text)
  } catch (cause) {
    throw new AppError('malformed-request', 'The form is not percent-encoded UTF-8.', { cause })
  }
  return Object.fromEntries(new URLSearchParams(text))
}
