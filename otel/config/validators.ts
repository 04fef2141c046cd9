// What the settings may be.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Validator } from './faults.ts'

/** The longest time that a timer of Node takes. */
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
export const milliseconds: Validator<number> = {
  ...integer(1, maxMilliseconds),
  allowed: `a whole number of milliseconds from 1 to ${maxMilliseconds}`,
}

/** Any case, as the specification asks of names. */
export function oneOf<const Value extends string>(...values: Value[]): Validator<Value> {
  return {
    allowed: values.length > 1 ? `one of ${values.join(', ')}` : values.join(),
    parse: (name) => values.find((value) => value === name.toLowerCase()),
  }
}

export const httpUrl: Validator<string> = {
  allowed: 'a URL that begins with http:// or https://',
  parse: (url) => (/^https?:\/\//i.test(url) && URL.canParse(url) ? url : undefined),
}

/** The scheme may be missing: what it is then, another setting says. */
export const grpcTarget: Validator<string> = {
  allowed: 'a URL that begins with http:// or https://, or host:port',
  parse: (target) =>
    /^https?:\/\//i.test(target)
      ? httpUrl.parse(target)
      : /^([\w.-]+|\[[\da-f:]+\]):\d+$/i.test(target)
        ? target
        : undefined,
}

/** A bearer token (RFC 6750, section 2.1). */
export const token: Validator<string> = {
  allowed: 'a token of visible ASCII characters',
  parse: (value) => (/^[\x21-\x7e]+$/.test(value) ? value : undefined),
  secret: true,
}

/** As in OTEL_RESOURCE_ATTRIBUTES. */
export const pairs: Validator<Record<string, string>> = {
  allowed: 'a comma list of key=value, with any other = , and % percent-encoded',
  parse: (list) => parsePairs(list, (entry) => entry.split('=')),
}

/** As in OTEL_EXPORTER_OTLP_HEADERS, where values such as Base64 have their = unencoded in practice. */
export const headers: Validator<Record<string, string>> = {
  allowed: 'a comma list of name=value that are headers, percent-encoded',
  parse: (list) => {
    const parsed = parsePairs(list, (entry) => entry.split(/=(.*)/s, 2))
    return parsed && Object.entries(parsed).every(isHeader) ? parsed : undefined
  },
  secret: true,
}

/** Whether it may be sent: RFC 9110, section 5. */
export const isHeader = ([name, value]: readonly [string, string]) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

/** The text of a PEM file with at least one certificate. */
export const certificateFile: Validator<string> = {
  allowed: 'a readable file with a PEM certificate',
  parse: (path) => readPem(path, (pem) => new X509Certificate(pem)),
}

export const keyFile: Validator<string> = {
  allowed: 'a readable file with a PEM private key without passphrase',
  parse: (path) => readPem(path, createPrivateKey),
}

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
