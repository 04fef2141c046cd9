import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, type Json, uniqueName } from '../../harness/http/client.ts'
import { type Service, startService } from '../../harness/service.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())

const search = (path: string, text: string) =>
  call(service, 'GET', `${path}?search=${encodeURIComponent(text)}`)

describe('GET /api/posts', () => {
  it('lists all posts, newest first, also for an empty search', async () => {
    const alice = await buildUser(service)
    const first = await buildPost(service, alice)
    const second = await buildPost(service, await buildUser(service))
    const all = await call(service, 'GET', '/api/posts?limit=2')
    expect(all).toMatchObject({ status: 200, body: [second, first] })
    expect((await call(service, 'GET', '/api/posts?limit=2&search=')).body).toEqual([second, first])
  })

  it.each([
    ['a word in any case', 'The Quick brown fox', 'qUICK', true],
    ['all words in any order', 'The Quick brown fox', 'fox the', true],
    ['not some of the words', 'The Quick brown fox', 'fox hen', false],
    ['the last word as a prefix', 'The Quick brown fox', 'quick bro', true],
    ['no other word as a prefix', 'The Quick brown fox', 'qui brown', false],
    ['no part inside a word', 'The Quick brown fox', 'uick', false],
    ['one character', 'x marks the spot', 'x', true],
    ['words with _ and digits', 'see snake_case_2 here', 'snake_case_2', true],
    ['words separated by punctuation', 'rock-and-roll@example.com', 'roll example', true],
    ['operators as separators', 'this & that | !other', "this' & | ! <-> (that):*", true],
    ['quotes and backslashes as separators', `it's a "test" \\ here`, `'"\\test`, true],
    ['Cyrillic', 'Привет мир', 'ПРИВЕТ', true],
    ['Greek with a final sigma', 'Ὀδυσσεύς', 'ὈΔΥΣΣΕΎΣ', true],
    ['a prefix that ends in a sigma', 'οδοσα', 'ΟΔΟΣ', true],
    ['sharp s as SS', 'Straße', 'STRASSE', true],
    ['composed as decomposed', 'cafe\u0301 noir', 'café', true],
    ['Devanagari with its marks', 'हिन्दी भाषा', 'हिन्दी', true],
    ['a dotted capital I', 'İstanbul', 'İSTANBUL', true],
  ])('finds %s', async (_, text, query, found) => {
    const post = await buildPost(service, await buildUser(service), { text })
    const { status, body } = await search('/api/posts', query)
    expect(status).toBe(200)
    expect(body.map(({ id }: Json) => id).includes(post.id)).toBe(found)
  })

  it('finds the new words of an edited post and not the old ones', async () => {
    const alice = await buildUser(service)
    const [before, after] = [uniqueName(), uniqueName()]
    const { href } = await buildPost(service, alice, { text: before })
    await call(service, 'PATCH', href, { token: alice.token, json: { text: after } })
    expect((await search('/api/posts', before)).body).toEqual([])
    expect((await search('/api/posts', after)).body).toHaveLength(1)
  })

  it('accepts long searches and finds nothing for a search without words', async () => {
    const word = 'y'.repeat(200)
    const post = await buildPost(service, await buildUser(service), { text: word })
    expect((await search('/api/posts', word)).body).toEqual([post])
    expect(await search('/api/posts', 'ab '.repeat(66))).toMatchObject({ status: 200 })
    expect(await search('/api/posts', ' !&|()')).toMatchObject({ status: 200, body: [] })
  })

  it.each([
    ['NUL', '%00'],
    ['a text that is too long', 'x'.repeat(256)],
  ])('rejects %s', async (_, query) => {
    expect(await call(service, 'GET', `/api/posts?search=${query}`)).toMatchObject({
      status: 400,
      body: { errors: [{ parameter: 'search' }] },
    })
  })

  it('is paginated', async () => {
    const alice = await buildUser(service)
    const word = uniqueName()
    const posts: Json[] = []
    for (let i = 0; i < 5; i++) posts.unshift(await buildPost(service, alice, { text: `${word} ${i}` }))
    const first = await call(service, 'GET', `/api/posts?search=${word}&limit=3`)
    const second = await call(service, 'GET', /<([^>]*)>/.exec(first.headers.get('Link') ?? '')?.[1] ?? '')
    expect([...first.body, ...second.body]).toEqual(posts)
    expect(second.headers.get('Link')).toBeNull()
  })
})

describe('GET /api/users', () => {
  const names = async (text: string) =>
    (await search('/api/users', text)).body.map(({ username }: Json) => username)

  it('finds a prefix of the username, regardless of case and without wildcards', async () => {
    const name = uniqueName()
    await buildUser(service, { username: `${name}.One` })
    await buildUser(service, { username: `${name}_two` })
    expect(await names(name.toUpperCase())).toEqual([`${name}_two`, `${name}.One`])
    expect(await names(`${name}.`)).toEqual([`${name}.One`])
    expect(await names(`${name}_`)).toEqual([`${name}_two`])
    expect(await names(name.slice(1))).toEqual([])
    expect(await names(`${name}%`)).toEqual([])
  })

  it('finds the words of the current display name', async () => {
    const [first, last] = [uniqueName(), uniqueName()]
    const user = await buildUser(service, { displayName: `${first} van ${last}` })
    expect(await names(`${last.toUpperCase()} VA`)).toEqual([user.username])
    const path = `/api/users/${user.username}`
    await call(service, 'PATCH', path, { token: user.token, json: { displayName: 'Other' } })
    expect(await names(last)).toEqual([])
  })
})
