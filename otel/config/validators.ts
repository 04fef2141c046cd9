// The rules for single values.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Validator } from './faults.ts'

/** The longest delay of a Node timer. */
export const maxMilliseconds = 2 ** 31 - 1

export const boolean: Validator<boolean> = {
  allowed: 'true or false',
  parse: (text) => ({ true: true, false: false })[text.toLowerCase()],
}

export const text: Validator<string> = { allowed: 'a text', parse: (value) => value }

export function integer(min: number, max: number): Validator<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (digits) => {
      const value = /^\d+$/.test(digits) ? Number(digits) : Number.NaN
      return value >= min && value <= max ? value : undefined
    },
  }
}

export const port = integer(0, 65_535)

/** Series of an instrument. */
export const seriesLimit = integer(1, 2 ** 31 - 1)

export const milliseconds: Validator<number> = {
  ...integer(1, maxMilliseconds),
  allowed: `a whole number of milliseconds from 1 to ${maxMilliseconds}`,
}

/** Milliseconds; Infinity for 0, which means no limit in variables and in the file. */
export const timeout: Validator<number> = {
  allowed: `a whole number of milliseconds from 1 to ${maxMilliseconds}, or 0 for no limit`,
  parse: (digits) => (digits === '0' ? Number.POSITIVE_INFINITY : milliseconds.parse(digits)),
}

/** Names in any case, as the specification requires. */
export function oneOf<const Value extends string>(...values: Value[]): Validator<Value> {
  return {
    allowed: values.length > 1 ? `one of ${values.join(', ')}` : values.join(),
    parse: (name) => values.find((value) => value === name.toLowerCase()),
  }
}

const temporalities = oneOf('cumulative', 'delta', 'lowmemory')
/** The file spells it low_memory; its schema knows no other spelling. */
export const temporality = {
  ...temporalities,
  parse: (name: string) => temporalities.parse(name.replace('_', '')),
}

export const httpUrl: Validator<string> = {
  allowed: 'a URL that starts with http:// or https://',
  parse: (url) => (/^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined),
}

export const grpcTarget: Validator<string> = {
  allowed: 'a URL that starts with http:// or https://, or host:port',
  parse: (target) => (/^([\w.-]+|\[[\da-f:]+\]):\d+$/i.test(target) ? target : httpUrl.parse(target)),
}

/** A bearer token (RFC 6750, section 2.1). */
export const token: Validator<string> = {
  allowed: 'a token of visible ASCII characters',
  parse: (value) => (/^[\x21-\x7e]+$/.test(value) ? value : undefined),
  secret: true,
}

/** The format of OTEL_RESOURCE_ATTRIBUTES. */
export const pairs: Validator<Record<string, string>> = {
  allowed: 'a comma-separated list of key=value; any other comma, = or % must be percent-encoded',
  parse: (list) => parsePairs(list, (entry) => entry.split('=')),
}

/** The format of OTEL_EXPORTER_OTLP_HEADERS. Its values may contain an unencoded =, as Base64 often does. */
export const headers: Validator<Record<string, string>> = {
  allowed: 'a comma-separated list of name=value with percent-encoded header names and values',
  parse: (list) => {
    const parsed = parsePairs(list, (entry) => entry.split(/=(.*)/s, 2))
    return parsed && Object.entries(parsed).every(isHeader) ? parsed : undefined
  },
  secret: true,
}

/** RFC 9110, section 5.1. */
export const headerName: Validator<string> = {
  allowed: 'a header name',
  parse: (name) => (/^[\w!#$%&'*+.^`|~-]+$/.test(name) ? name : undefined),
}

/** RFC 9110, section 5.5. */
export const headerValue: Validator<string> = {
  allowed: 'a header value, without control characters',
  parse: (value) => (/^[\t\x20-\x7e\x80-\xff]*$/.test(value) ? value : undefined),
  secret: true,
}

/** A PEM file with at least one certificate; its value is the text of the file. */
export const certificateFile: Validator<string> = {
  allowed: 'a readable file with a PEM certificate',
  parse: (path) => readPem(path, (pem) => new X509Certificate(pem)),
}

/** A PEM file; its value is the text of the file. */
export const keyFile: Validator<string> = {
  allowed: 'a readable file with a PEM private key that has no passphrase',
  parse: (path) => readPem(path, createPrivateKey),
}

const isHeader = ([name, value]: [string, string]) =>
  headerName.parse(name) !== undefined && headerValue.parse(value) !== undefined

function parsePairs(list: string, split: (entry: string) => string[]): Record<string, string> | undefined {
  const parsed: [string, string][] = []
  for (const entry of list.split(',').filter((part) => part.trim() !== '')) {
    const [key, value, ...rest] = split(entry).map((part) => part.trim())
    if (!key || value === undefined || rest.length > 0) return undefined
    try {
      parsed.push([decodeURIComponent(key), decodeURIComponent(value)])
    } catch {
      return undefined
    }
  }
  return Object.fromEntries(parsed)
}

function readPem(path: string, check: (pem: string) => unknown): string | undefined {
  try {
    const pem = readFileSync(path, 'utf8')
    check(pem)
    return pem
  } catch {
    return undefined
  }
}
