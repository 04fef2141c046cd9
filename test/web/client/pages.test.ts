// What must be true of every page: accessible, narrow enough, still, silent, and small.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../../harness/database.ts'
import { buildPost, buildUser, call, send, type User } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { until } from '../../../harness/until.ts'
import { prepare, seedUsers } from '../../database/support/prepared.ts'
import { violations } from './support/axe.ts'
import { useClient } from './support/client.ts'

const maxScriptBytes = 60_000
const maxStyleBytes = 12_000

let service: Service
let alice: User
let postId: string
beforeAll(async () => {
  service = await startService()
  alice = await buildUser(service, { displayName: 'Alice Liddell', bio: 'Down the rabbit hole.' })
  const bob = await buildUser(service)
  await call(service, 'PUT', `/api/users/${bob.username}/following/${alice.username}`, { token: bob.token })
  await buildPost(service, bob, {
    text: `Hello @${alice.username}, see https://a.example`,
    referenced: alice.username,
  })
  postId = (await buildPost(service, alice, { text: 'A post about rabbits' })).id
})
afterAll(() => service.stop())
const open = useClient()

const paths = () => [
  '/',
  '/explore',
  '/search',
  '/search?q=rabbits',
  '/search?q=nothing-like-this',
  `/@${alice.username}`,
  `/@${alice.username}/mentions`,
  `/@${alice.username}/following`,
  `/@${alice.username}/followers`,
  `/@${alice.username}/${postId}`,
]
const pages: [person: string, paths: () => string[]][] = [
  ['somebody', () => [...paths(), '/login', '/signup']],
  ['a member', () => [...paths(), '/settings']],
]

describe.each(pages)('every page, for %s,', (person, paths) => {
  const as = () => (person === 'a member' ? { as: alice } : {})

  it.for(['light', 'dark'] as const)('is accessible in %s mode', async (colorScheme, context) => {
    const { page, go, settled } = await open(context, service, {
      ...as(),
      colorScheme,
      // A text that fades in has little contrast at first.
      reducedMotion: 'reduce',
    })
    for (const path of [...paths(), '/nowhere']) {
      await go(path)
      await settled()
      expect([path, await violations(page)]).toEqual([path, []])
    }
  })

  it('fits on a screen of 320 px', async (context) => {
    const { page, go } = await open(context, service, { ...as(), viewport: { width: 320, height: 640 } })
    for (const path of paths()) {
      await go(path)
      await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
      expect([path, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([path, 320])
    }
  })

  it.for([390, 1280])('neither moves by itself nor complains, on %i px', async (width, context) => {
    const { page, go, settled, complaints } = await open(context, service, {
      ...as(),
      viewport: { width, height: 800 },
    })
    for (const path of paths()) {
      await go(path)
      await settled()
      const moved = await page.evaluate(
        () => (globalThis as never as { shifts: { total: number } }).shifts.total,
      )
      expect([path, moved]).toEqual([path, 0])
    }
    expect(complaints).toEqual([])
  })
})

it.for(['light', 'dark'] as const)(
  'forms, dialogs and errors are accessible in %s mode',
  async (colorScheme, context) => {
    const { page, button, go, box, post, settled, description } = await open(context, service, {
      as: alice,
      colorScheme,
      reducedMotion: 'reduce',
      path: `/@${alice.username}/${postId}`,
    })
    await button('Edit').click()
    await box('Post text').waitFor()
    expect(await violations(page)).toEqual([])
    await button('Cancel').click()
    await button('Delete').click()
    expect(await violations(page)).toEqual([])
    await go('/')
    await settled()
    await post('Is anybody there?', 'nobody-is-called-so')
    await until('the error', async () => (await description('Mention')) !== '')
    expect(await violations(page)).toEqual([])
  },
)

describe('the files of the client', () => {
  const assets = async () => {
    const { text } = await call(service, 'GET', '/')
    return [...text.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path)
  }

  it('are small', async () => {
    const bytes = async (extension: string) => {
      const paths = new Set((await assets()).filter((path) => path.endsWith(extension)))
      const sizes = Array.from(paths, async (path) => {
        const message = await send(service, 'HEAD', path, { headers: { 'Accept-Encoding': 'gzip' } })
        message.resume()
        return Number(message.headers['content-length'])
      })
      return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
    }
    expect(await bytes('.js')).toBeLessThan(maxScriptBytes)
    expect(await bytes('.js')).toBeGreaterThan(10_000)
    expect(await bytes('.css')).toBeLessThan(maxStyleBytes)
  })

  it('are kept for good, and the page that names them is revalidated', async () => {
    for (const path of new Set(await assets())) {
      const { status, headers } = await call(service, 'GET', path)
      expect([path, status, headers.get('Cache-Control')]).toEqual([
        path,
        200,
        'public, max-age=31536000, immutable',
      ])
      const again = await call(service, 'GET', path, {
        headers: { 'If-None-Match': headers.get('ETag') ?? '' },
      })
      expect(again.status).toBe(304)
    }
    const { headers } = await call(service, 'GET', '/')
    expect(headers.get('Cache-Control')).toBe('no-cache')
    const again = await call(service, 'GET', '/explore', {
      headers: { 'If-None-Match': headers.get('ETag') ?? '' },
    })
    expect(again.status).toBe(304)
  })

  it('come with a policy that allows nothing inline, no other host and no markup from text', async () => {
    for (const path of ['/', '/explore', `/@${alice.username}`, '/nowhere']) {
      const { headers } = await call(service, 'GET', path, { headers: { Accept: 'text/html' } })
      expect(headers.get('Content-Security-Policy')?.split(';')).toEqual(
        expect.arrayContaining([
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
          "base-uri 'none'",
          "form-action 'none'",
          "frame-ancestors 'none'",
          "require-trusted-types-for 'script'",
        ]),
      )
    }
  })
})

describe('hostile texts', () => {
  it.for([
    '<img src=x onerror="alert(1)"><script>alert(2)</script>',
    '"><svg onload=alert(1)>{{7*7}}',
    'javascript:alert(1) data:text/html,<script>alert(1)</script>',
    'مرحبا بالعالم \u202e reversed \u202c end',
    'A\u0301\u0302\u0303 👩‍👩‍👧‍👦 🏳️‍🌈 🇵🇹 zero\u200bwidth',
    'x'.repeat(255),
    'https://a.example/?q=<b>&r="x"',
    `two\n\n   lines`,
  ])('are shown as text: %s', async (text, context) => {
    const author = await buildUser(service, { displayName: text.slice(0, 100), bio: text })
    await buildPost(service, author, { text })
    const { page, complaints, texts } = await open(context, service, {
      path: `/@${author.username}`,
      viewport: { width: 320, height: 640 },
    })
    await page.getByRole('article').waitFor()
    const shown = text.replace(/https?:\/\//, '')
    expect(
      await page
        .locator('article .text')
        .first()
        .evaluate((element) => element.textContent),
    ).toBe(shown)
    expect(await page.locator('article :is(img, script), main svg[onload]').count()).toBe(0)
    expect(await texts()).toHaveLength(1)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320)
    expect(complaints).toEqual([])
  })

  it('have links only for web addresses and usernames', async (context) => {
    const author = await buildUser(service)
    const text =
      'See (https://a.example/b_(c)), http://b.example. ask @Bob.Smith. or mail@c.example, not javascript:x @--'
    await buildPost(service, author, { text })
    const { page } = await open(context, service, { path: `/@${author.username}` })
    const links = page.locator('article .text a')
    await links.first().waitFor()
    const found = await links.evaluateAll((all) =>
      all.map((link) => [link.getAttribute('href'), link.getAttribute('rel'), link.textContent]),
    )
    expect(found).toEqual([
      ['https://a.example/b_(c)', 'nofollow noopener', 'a.example/b_(c)'],
      ['http://b.example', 'nofollow noopener', 'b.example'],
      ['/@Bob.Smith', null, '@Bob.Smith'],
    ])
  })
})

describe('a profile', () => {
  it('shows large counts as people write them', async (context) => {
    const database = await freshDatabase()
    const count = 'UPDATE "User" SET "followerCount" = 12345'
    await prepare(database, [seedUsers(1), count])
    const popular = await startService({}, database)
    onTestFinished(async () => {
      await popular.stop()
      await database.drop()
    })
    const { page } = await open(context, popular, { path: '/@seed1', locale: 'en-US' })
    await page.getByRole('link', { name: '12,345 Followers' }).waitFor()
  })
})
