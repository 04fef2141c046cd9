// Pagination while other clients write.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freshDatabase, type TemporaryDatabase } from '../../harness/database.ts'
import { buildUser, call, type Json, type User } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'
import { prepare, seedUsers } from '../database/support/prepared.ts'

const rows = 1_000
/** Every fifth row is deleted while the list is read. */
const isDoomed = (index: number) => index % 5 === 4
const all = Array.from({ length: rows * 1.25 }, (_, index) => index)
const writers = Array.from({ length: 8 }, (_, index) => index)

let database: TemporaryDatabase
let service: Service
beforeAll(async () => {
  database = await freshDatabase()
  await prepare(database, [seedUsers(2 * all.length)])
  service = await startService({}, database)
})
afterAll(async () => {
  await service.stop()
  await database.drop()
})

describe('paging through 1,000 rows while 8 writers insert and delete', () => {
  it('neither skips nor repeats a post in the collection, the timeline and the list of all posts', {
    timeout: 120_000,
  }, async () => {
    const [alice, bob] = [await buildUser(service), await buildUser(service)]
    await follow(alice, bob.username)
    const posts: Json[] = []
    for (const index of all) posts.unshift(await post(index % 2 ? alice : bob, `number ${index}`))
    const [stays, doomed] = split(posts)

    const writing = startWriting(async (writer) => {
      const { href } = await post(writer % 2 ? alice : bob, 'short-lived')
      await remove(alice, bob, doomed.pop()?.href ?? href)
      return href
    })
    const read = await Promise.all([
      readAll(`/api/users/${alice.username}/collection`, alice),
      readAll(`/api/users/${alice.username}/timeline`, alice),
      readAll('/api/posts', alice),
    ])
    await writing.stop()

    const [collection, timeline, list] = read.map((items) => items.map(({ id }) => id))
    const expected = stays.map(({ id }) => id)
    expect(intersection(collection, expected)).toEqual(
      stays.filter((p) => p.user === alice.username).map((p) => p.id),
    )
    expect(intersection(timeline, expected)).toEqual(expected)
    expect(intersection(list, expected)).toEqual(expected)
    for (const ids of read) expect(new Set(ids.map(({ id }) => id)).size).toBe(ids.length)
  })

  it('neither skips nor repeats a follow', { timeout: 120_000 }, async () => {
    const alice = await buildUser(service)
    for (const index of all) await follow(alice, `seed${index + 1}`)
    const [stays, doomed] = split(all.map((index) => `seed${index + 1}`).reverse())

    let fresh = all.length
    const writing = startWriting(async () => {
      await follow(alice, `seed${++fresh}`)
      await unfollow(alice, doomed.pop() ?? `seed${fresh}`)
    })
    const users = await readAll(`/api/users/${alice.username}/following`, alice)
    await writing.stop()

    const names = users.map(({ username }) => username)
    expect(intersection(names, stays)).toEqual(stays)
    expect(new Set(names).size).toBe(names.length)
    const { body } = await call(service, 'GET', `/api/users/${alice.username}`)
    const { length } = await readAll(`/api/users/${alice.username}/following`, alice)
    expect(body.counts.following).toBe(length)
  })
})

/** Splits into the items that stay and those to delete, both newest first. */
function split<T>(items: T[]): [T[], T[]] {
  const ofIndex = (doomed: boolean) =>
    items
      .toReversed()
      .filter((_, index) => isDoomed(index) === doomed)
      .reverse()
  return [ofIndex(false), ofIndex(true)]
}

function intersection<T>(items: T[] | undefined, wanted: T[]): T[] {
  const set = new Set(wanted)
  return (items ?? []).filter((item) => set.has(item))
}

/** Starts the writers. `stop` waits for them and rejects if one of them failed. */
function startWriting(write: (writer: number) => Promise<unknown>) {
  let stopped = false
  const done = Promise.all(
    writers.map(async (writer) => {
      while (!stopped) await write(writer)
    }),
  )
  done.catch(() => {})
  return {
    stop: async () => {
      stopped = true
      await done
    },
  }
}

/** Reads all pages of a list by following its links. */
async function readAll(path: string, { token }: User): Promise<Json[]> {
  const items: Json[] = []
  let next: string | undefined = `${path}?limit=20`
  while (next) {
    const response = await call(service, 'GET', next, { token })
    expect(response.status).toBe(200)
    items.push(...response.body)
    next = /^<(.*)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1]
  }
  return items
}

const post = async ({ username, token }: User, text: string): Promise<Json> =>
  (
    await expecting(
      201,
      call(service, 'POST', `/api/users/${username}/collection`, { token, json: { text } }),
    )
  ).body

async function remove(alice: User, bob: User, href: string) {
  const { token } = href.includes(`/${alice.username}/`) ? alice : bob
  await expecting(204, call(service, 'DELETE', href, { token }))
}

const follow = ({ username, token }: User, other: string) =>
  expecting(204, call(service, 'PUT', `/api/users/${username}/following/${other}`, { token }))

const unfollow = ({ username, token }: User, other: string) =>
  expecting(204, call(service, 'DELETE', `/api/users/${username}/following/${other}`, { token }))

async function expecting(status: number, response: ReturnType<typeof call>) {
  const got = await response
  if (got.status !== status) throw new Error(`Expected ${status}, got ${got.status}: ${got.text}`)
  return got
}
