// Who may do what, for every operation that the OpenAPI document declares: a new one is covered from its first day,
// and one that the matrix does not know how to call fails.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, type User, uniqueName } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import { type Operation, readOperations, type Schema } from './support/operations.ts'

const service = await startService()
afterAll(() => service.stop())
const { operations } = await readOperations(service)

/** The users that the document's examples name, so that they can be sent as they are. */
beforeAll(async () => {
  for (const username of ['alice', 'bob']) await buildUser(service, { username })
})

/** `astray` is another user under the path of nobody. */
type Sender = 'anonymous' | 'owner' | 'other' | 'dead' | 'astray'
type World = { owner: User; other: User; postId: string }
type Outcome = 'done' | 'unauthenticated' | 'forbidden'

/** Users of their own for each operation, since some end the session or the user that sends them. */
async function buildWorld(): Promise<World> {
  const owner = await buildUser(service)
  const { id } = await buildPost(service, owner)
  return { owner, other: await buildUser(service), postId: id }
}

/** What stands for a path's parameter, by the segment before it. */
const parameters: Record<string, (world: World, sender: User) => string | Promise<string>> = {
  'users/{username}': ({ owner }) => owner.username,
  'collection/{id}': ({ postId }) => postId,
  'following/{other}': () => 'bob',
  'sessions/{id}': async (_, { token }) => {
    const { body } = await call(service, 'GET', '/api/sessions', { token })
    return body.find(({ current }: Json) => current).id
  },
  'problems/{code}': () => 'not-found',
  'docs/{file}': () => 'swagger-ui.css',
}

async function fill(path: string, world: World, sender: User): Promise<string> {
  let filled = path
  for (const [place] of path.matchAll(/[^/]+\/\{\w+\}/g)) {
    const value = parameters[place]
    if (!value) throw new Error(`Tell the matrix what stands for ${place} in ${path}.`)
    filled = filled.replace(place, place.replace(/\{.*/, await value(world, sender)))
  }
  return filled
}

/** The first example of every field that is required. */
function example({ properties = {}, required = [] }: Schema): object {
  return Object.fromEntries(
    required.map((name) => {
      const [value] = properties[name]?.examples ?? []
      if (value === undefined) throw new Error(`The field ${name} has no example that the matrix could send.`)
      return [name, value]
    }),
  )
}

async function attempt(operation: Operation, world: World, from: Sender): Promise<Outcome> {
  const sender = from === 'owner' ? world.owner : world.other
  const token = {
    anonymous: undefined,
    dead: 'dead',
    other: sender.token,
    astray: sender.token,
    owner: sender.token,
  }[from]
  const path = from === 'astray' ? operation.path.replace('{username}', uniqueName()) : operation.path
  // Only its head is looked at: a stream would not end by itself.
  const response = await fetch(new URL(await fill(path, world, sender), service.url), {
    method: operation.method,
    headers: { ...(token && { Authorization: `Bearer ${token}` }), 'Content-Type': 'application/json' },
    body: operation.body && JSON.stringify(example(operation.body)),
  })
  if (response.ok) {
    await response.body?.cancel()
    return 'done'
  }
  return refusal(await response.json())
}

/** Whoever is told of a conflict was let through before. */
function refusal({ type, status }: Json): Outcome {
  if (type === '/problems/unauthenticated') return 'unauthenticated'
  if (type === '/problems/forbidden') return 'forbidden'
  if (status === 409) return 'done'
  throw new Error(`The matrix does not know how to call it: ${status} ${type}`)
}

/** In this order: whoever is let through comes last, and may end the own session or account. */
const matrix: Record<Operation['who'], [Sender, Outcome][]> = {
  anyone: [
    ['dead', 'unauthenticated'],
    ['anonymous', 'done'],
    ['other', 'done'],
    ['owner', 'done'],
  ],
  bearer: [
    ['dead', 'unauthenticated'],
    ['anonymous', 'unauthenticated'],
    ['other', 'done'],
    ['owner', 'done'],
  ],
  owner: [
    ['dead', 'unauthenticated'],
    ['anonymous', 'unauthenticated'],
    // Whether a user exists is not said.
    ['astray', 'forbidden'],
    ['other', 'forbidden'],
    ['owner', 'done'],
  ],
}

describe.each(operations)('$name is for $who', (operation) => {
  const { who, path } = operation
  let world: World
  beforeAll(async () => {
    world = await buildWorld()
  })

  it.each(matrix[who])('%s: %s', async (sender, outcome) => {
    // Tokens are looked at under /api alone.
    const expected = sender === 'dead' && !path.startsWith('/api/') ? 'done' : outcome
    expect(await attempt(operation, world, sender)).toBe(expected)
  })
})

describe('the declarations', () => {
  const names = (who: Operation['who']) =>
    operations.filter((operation) => operation.who === who).map(({ name }) => name)

  it('leave nothing under a user’s path to others but reading', () => {
    expect(names('bearer').sort()).toEqual([
      'DELETE /api/sessions/{id}',
      'GET /api/sessions',
      'POST /api/logout',
    ])
    for (const name of names('owner')) expect(name).toMatch(/^\S+ \/api\/users\/\{username\}/)
    for (const name of names('anyone')) expect(name).toMatch(/^GET |^POST \/api\/(users|login)$/)
  })
})
