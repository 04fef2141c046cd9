import { metrics as api } from '@opentelemetry/api'
import { DriverAdapterError } from '@prisma/driver-adapter-utils'
import pg from 'pg'
import { afterEach, expect, it } from 'vitest'
import { Prisma } from '../../src/database/generated/client.ts'
import { exceptionTypes } from '../../src/metrics/catalogue.ts'
import { createMetrics } from '../../src/metrics/instruments.ts'
import { createCollected, samplesOf } from '../otel/pull/support/collected.ts'

afterEach(() => api.disable())

const clientVersion = '7'
const errors = {
  PrismaClientKnownRequestError: new Prisma.PrismaClientKnownRequestError('', {
    code: 'P2010',
    clientVersion,
  }),
  PrismaClientUnknownRequestError: new Prisma.PrismaClientUnknownRequestError('', { clientVersion }),
  PrismaClientInitializationError: new Prisma.PrismaClientInitializationError('', clientVersion),
  PrismaClientValidationError: new Prisma.PrismaClientValidationError('', { clientVersion }),
  DatabaseError: new pg.DatabaseError('', 0, 'error'),
  DriverAdapterError: new DriverAdapterError({ kind: 'ConnectionClosed' }),
  TypeError: new TypeError(),
  RangeError: new RangeError(),
  Error: new Error(),
  _OTHER: 'not an error',
} satisfies Record<(typeof exceptionTypes)[number], unknown>

it('an exception is counted under its class, which starts at 0 for every route', async () => {
  const collected = createCollected()
  api.setGlobalMeterProvider({ getMeter: collected.meter })
  const metrics = createMetrics({ version: '', revision: '', runtime: '' })
  const counts = async () =>
    samplesOf(await collected.families())
      .filter(({ name }) => name === 'microposts_exception_total')
      .map(({ labels, value }) => [labels.http_route, labels.error_type, value])

  metrics.expectRoutes(['/a', '/b'])
  const atStart = ['/a', '/b'].flatMap((route) => exceptionTypes.map((type) => [route, type, 0]))
  expect(await counts()).toEqual(atStart)

  for (const error of Object.values(errors)) metrics.exceptionThrown(error, '/b')
  metrics.exceptionThrown(new SyntaxError(), '/b')
  const expected = atStart.map(([route, type]) => [
    route,
    type,
    route === '/a' ? 0 : type === '_OTHER' ? 2 : 1,
  ])
  expect(await counts()).toEqual(expected)
})
