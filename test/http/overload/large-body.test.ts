import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { expect, it, onTestFinished } from 'vitest'
import { inParts } from '../../../src/http/overload/large-body.ts'

it('sends large bodies in parts, with a turn of the event loop for each part', async () => {
  let turns = 0
  let next: NodeJS.Immediate
  const count = () => {
    turns++
    next = setImmediate(count)
  }
  count()
  onTestFinished(() => clearImmediate(next))

  const bodies = [randomBytes(1_000_000), randomBytes(1_000_000)]
  const received = await Promise.all(bodies.map((body) => buffer(inParts(body) as Readable)))
  expect(received.map((bytes, index) => bodies[index]?.equals(bytes))).toEqual([true, true])
  expect(turns).toBeGreaterThanOrEqual(20)
})

it.each([Buffer.from('small'), 'x'.repeat(1_000_000), Readable.from([])])(
  'sends others as they are',
  (body) => {
    expect(inParts(body)).toBe(body)
  },
)
