// Who may call each operation of the OpenAPI document. New operations are covered automatically; the test fails if it
// does not know how to call one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, type User, uniqueName } from '../../harness/http/client.ts'
import { startService } from '../../harness/service.ts'
import type { Auth } from '../../src/http/endpoint.ts'
import { type Operation, readOperations, type Schema } from './support/operations.ts'

const service = await startService()
afterAll(() => service.stop())
const { operations } = await readOperations(service)

/** The users named in the document's examples, which the test sends as they are. */
beforeAll(async () => {
  for (const username of ['alice', 'bob']) await buildUser(service, { username })
})

/** `invalid` sends an invalid token; `nowhere` is another user's token with the path of an unknown user. */
type Sender = 'anonymous' | 'owner' | 'other' | 'invalid' | 'nowhere'
type World = { owner: User; other: User; postId: string }
type Outcome = 'permitted' | 'unauthenticated' | 'forbidden'

/** Each operation gets its own users, because some operations end the sender's session or account. */
async function buildWorld(): Promise<World> {
  const owner = await buildUser(service)
  const { id } = await buildPost(service, owner)
  return { owner, other: await buildUser(service), postId: id }
}

/** Values for path parameters, by the preceding segment. */
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
  for (const [segments] of path.matchAll(/[^/]+\/\{\w+\}/g)) {
    const value = parameters[segments]
    if (!value) throw new Error(`Add a value for ${segments} in ${path} to "parameters".`)
    filled = filled.replace(segments, segments.replace(/\{.*/, await value(world, sender)))
  }
  return filled
}

/** The first example of every required field. */
function example({ properties = {}, required = [] }: Schema): object {
  return Object.fromEntries(
    required.map((name) => {
      const [value] = properties[name]?.examples ?? []
      if (value === undefined) throw new Error(`The required field ${name} has no example.`)
      return [name, value]
    }),
  )
}

async function attempt(operation: Operation, world: World, from: Sender): Promise<Outcome> {
  const sender = from === 'owner' ? world.owner : world.other
  const token = {
    anonymous: undefined,
    invalid: 'invalid',
    other: sender.token,
    nowhere: sender.token,
    owner: sender.token,
  }[from]
  const path = from === 'nowhere' ? operation.path.replace('{username}', uniqueName()) : operation.path
  // Does not read the body: a stream would not end.
  const response = await fetch(new URL(await fill(path, world, sender), service.url), {
    method: operation.method,
    headers: { ...(token && { Authorization: `Bearer ${token}` }), 'Content-Type': 'application/json' },
    body: operation.body && JSON.stringify(example(operation.body)),
  })
  if (response.ok) {
    await response.body?.cancel()
    return 'permitted'
  }
  return outcomeOf(await response.json())
}

/** A conflict (409) is only reported to permitted senders. */
function outcomeOf({ type, status }: Json): Outcome {
  if (type === '/problems/unauthenticated') return 'unauthenticated'
  if (type === '/problems/forbidden') return 'forbidden'
  if (status === 409) return 'permitted'
  throw new Error(`Unexpected response: ${status} ${type}`)
}

/** Permitted senders come last, because their requests may end the session or account. */
const matrix: Record<Auth, [Sender, Outcome][]> = {
  none: [
    ['invalid', 'unauthenticated'],
    ['anonymous', 'permitted'],
    ['other', 'permitted'],
    ['owner', 'permitted'],
  ],
  user: [
    ['invalid', 'unauthenticated'],
    ['anonymous', 'unauthenticated'],
    ['other', 'permitted'],
    ['owner', 'permitted'],
  ],
  owner: [
    ['invalid', 'unauthenticated'],
    ['anonymous', 'unauthenticated'],
    // The response does not reveal whether the user exists.
    ['nowhere', 'forbidden'],
    ['other', 'forbidden'],
    ['owner', 'permitted'],
  ],
}

describe.each(operations)('$name, auth $auth', (operation) => {
  const { auth, path } = operation
  let world: World
  beforeAll(async () => {
    world = await buildWorld()
  })

  it.each(matrix[auth])('%s: %s', async (sender, outcome) => {
    // Outside /api, an endpoint without authentication ignores tokens.
    const expected =
      sender === 'invalid' && !path.startsWith('/api/') && auth === 'none' ? 'permitted' : outcome
    expect(await attempt(operation, world, sender)).toBe(expected)
  })
})

describe('the declarations', () => {
  const names = (auth: Auth) =>
    operations.filter((operation) => operation.auth === auth).map(({ name }) => name)

  it('let other users only read under a user’s path', () => {
    expect(names('user').sort()).toEqual([
      'DELETE /api/sessions/{id}',
      'GET /api/sessions',
      'POST /api/logout',
    ])
    for (const name of names('owner')) expect(name).toMatch(/^\S+ \/api\/users\/\{username\}/)
    for (const name of names('none')) expect(name).toMatch(/^GET |^POST \/api\/(users|login)$/)
  })
})
