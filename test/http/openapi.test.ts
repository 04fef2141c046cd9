import { createConfig, lintFromString } from '@redocly/openapi-core'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { call, type Json } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { createContract } from '../support/contract.ts'

let service: Service
let document: Json
beforeAll(async () => {
  service = await startService()
  document = (await call(service, 'GET', '/openapi.json')).body
})
afterAll(() => service.stop())

const operations = (): [string, Json][] =>
  Object.entries<Json>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Json] => [`${method} ${path}`, operation]),
  )

describe('GET /openapi.json', () => {
  it('passes the strictest rule set of Redocly', async () => {
    const rules = {
      'operation-tag-defined': 'error',
      'operation-description': 'error',
      'parameter-description': 'error',
      'operation-4xx-problem-details-rfc7807': 'error',
      'request-mime-type': {
        severity: 'error',
        allowedValues: ['application/json', 'application/x-www-form-urlencoded'],
      },
    } as const
    const config = await createConfig({ extends: ['recommended-strict'], rules })
    const found = await lintFromString({ source: JSON.stringify(document), config })
    expect(found.map(({ ruleId, message, location }) => [ruleId, message, location[0]?.pointer])).toEqual([])
  })

  it('has the methods of each path that OPTIONS returns', async () => {
    for (const path of Object.keys(document.paths)) {
      const concrete = path
        .replace('{code}', 'not-found')
        .replace('{file}', 'swagger-ui.css')
        .replaceAll(/\{\w+\}/g, 'x')
      const { status, headers } = await call(service, 'OPTIONS', concrete)
      const methods = Object.keys(document.paths[path]).map((method) => method.toUpperCase())
      const head = methods.includes('GET') ? ['HEAD'] : []
      expect(status).toBe(204)
      expect(headers.get('Allow')?.split(', ').sort()).toEqual([...methods, ...head, 'OPTIONS'].sort())
    }
  })

  it('gives every operation a unique id', () => {
    const ids = operations().map(([, { operationId }]) => operationId)
    expect(ids).toContain('getUsersUsername')
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('gives every body a valid example', () => {
    const ajv = new Ajv2020({ strict: false })
    addFormats.default(ajv)
    ajv.addSchema(document, 'openapi')
    let examples = 0
    for (const [name, { requestBody, responses }] of operations()) {
      for (const { content = {} } of [requestBody ?? {}, ...Object.values<Json>(responses)]) {
        for (const { schema, example, examples: named } of Object.values<Json>(content)) {
          const values = named
            ? Object.keys(named).map((code) => document.components.examples[code].value)
            : [example]
          for (const value of values) {
            const local = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'))
            expect(ajv.validate(local, value), `${name}: ${JSON.stringify(value)} ${ajv.errorsText()}`).toBe(
              true,
            )
            examples++
          }
        }
      }
    }
    expect(examples).toBeGreaterThan(100)
  })

  it('declares the headers of every response', () => {
    for (const [name, { responses }] of operations()) {
      const isApi = name.includes(' /api/')
      for (const [status, { headers }] of Object.entries<Json>(responses)) {
        expect(headers).toHaveProperty('X-Request-Id')
        if (isApi) expect(headers).toHaveProperty('RateLimit-Remaining')
        if (status === '401') expect(headers).toHaveProperty('WWW-Authenticate')
        if (status === '429') expect(headers).toHaveProperty('Retry-After')
      }
    }
  })
})

describe('the contract that `call` checks responses against', () => {
  it('is violated by an undocumented status, header, media type or body', async () => {
    const check = createContract(document)
    const { headers, body } = await call(service, 'GET', '/livez')
    const changed = (change: (headers: Headers) => void) => {
      const copy = new Headers(headers)
      change(copy)
      return copy
    }
    const got = (response: object) => () =>
      check('GET', '/livez', { status: 200, headers, body, ...response })
    expect(got({})).not.toThrow()
    expect(got({ status: 418 })).toThrow('the status is not documented')
    expect(got({ headers: changed((some) => some.delete('X-Request-Id')) })).toThrow(
      'X-Request-Id is missing',
    )
    expect(got({ headers: changed((some) => some.set('X-New', '1')) })).toThrow('x-new is not documented')
    expect(got({ headers: changed((some) => some.set('Content-Type', 'text/plain')) })).toThrow('text/plain')
    expect(got({ body: {} })).toThrow('required')
    expect(got({ body: { status: 'unknown' } })).toThrow('allowed values')
  })
})
