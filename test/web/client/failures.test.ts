// What people see when something fails, and that nothing they wrote is lost.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildPost, buildUser, call, uniqueName } from '../../../harness/http/client.ts'
import { createRelay } from '../../../harness/http/relay.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { until } from '../../../harness/until.ts'
import { useClient } from './support/client.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
const open = useClient()

describe('a new post', () => {
  it('is shown before the response, on a slow network too', async (context) => {
    const alice = await buildUser(service)
    const { page, post, article } = await open(context, service, { as: alice })
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
    await page.route('**/collection', async (route) => {
      await answered
      await route.continue()
    })
    await post('Slow but sure')
    await article('Slow but sure').getByText('sending…').waitFor()
    answer()
    await article('Slow but sure').getByText('now').waitFor()
    expect(await article('Slow but sure').count()).toBe(1)
  })

  it('is sent again with the same key when the network fails, and published once', async (context) => {
    const alice = await buildUser(service)
    const { page, post, article } = await open(context, service, { as: alice })
    const keys: (string | undefined)[] = []
    await page.route('**/collection', async (route) => {
      keys.push(route.request().headers()['idempotency-key'])
      if (keys.length > 1) return route.continue()
      // The service gets it, but its response is lost.
      await route.fetch()
      return route.abort()
    })
    await post('Only once')
    await article('Only once').getByText('now').waitFor()
    expect(keys).toHaveLength(2)
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/)
    expect(keys[1]).toBe(keys[0])
    expect((await call(service, 'GET', `/api/users/${alice.username}/collection`)).body).toHaveLength(1)
  })

  it('waits while the service is away, and is published when it is back', async (context) => {
    const alice = await buildUser(service)
    const relay = createRelay(Number(new URL(service.url).port))
    await relay.start()
    onTestFinished(() => relay.stop())
    const { page, post, article, link } = await open(
      context,
      { url: `http://localhost:${relay.port()}` },
      { as: alice },
    )
    await page.getByText('Your timeline is ready').waitFor()
    await relay.stop()
    await post('Patience')
    await article('Patience').getByText('sending…').waitFor()
    await page.getByText('It will continue by itself').waitFor()
    // A page that is opened meanwhile loads when the service is back.
    await link('Explore').click()
    await relay.start()
    await page.getByText('It will continue by itself').waitFor({ state: 'detached' })
    await page.getByRole('heading', { level: 1, name: 'Explore' }).waitFor()
    await link('Home').click()
    await article('Patience')
      .getByText(/now|ago/)
      .waitFor()
  })

  it('that is rejected disappears; its text stays in the box, with the reason at the field', async (context) => {
    const alice = await buildUser(service)
    const { page, post, article, box, description } = await open(context, service, { as: alice })
    const nobody = uniqueName()
    await post('Hello, is anybody there?', nobody)
    await until('the reason', async () => (await description('Mention')) === 'No such user.')
    expect(await article('anybody').count()).toBe(0)
    expect(await box('New post').inputValue()).toBe('Hello, is anybody there?')
    expect(await box('Mention').inputValue()).toBe(nobody)

    await page.reload()
    expect(await box('New post').inputValue()).toBe('Hello, is anybody there?')
    await post('x'.repeat(256))
    await until(
      'the reason',
      async () => (await description('New post')) === 'A post must have at most 255 characters.',
    )
    await post('   ')
    await until('the reason', async () => (await description('New post')) === 'Write something first.')
  })

  it('that is rejected comes back before what was typed meanwhile', async (context) => {
    const { page, post, box } = await open(context, service, { as: await buildUser(service) })
    const { promise: typed, resolve: finish } = Promise.withResolvers<void>()
    await page.route('**/collection', async (route) => {
      await typed
      await route.continue()
    })
    await post('The first thought', uniqueName())
    await until('an empty box', async () => (await box('New post').inputValue()) === '')
    await box('New post').fill('The second thought')
    finish()
    await until(
      'both thoughts',
      async () => (await box('New post').inputValue()) === 'The first thought\nThe second thought',
    )
  })

  it('has a counter of code points', async (context) => {
    const { page, box, post, article } = await open(context, service, { as: await buildUser(service) })
    await box('New post').fill(`${'😀'.repeat(250)}  `)
    await page.getByText('250 / 255').waitFor()
    await post('😀'.repeat(255))
    await article('😀'.repeat(255)).waitFor()
    await page.getByText('0 / 255').waitFor()
  })

  it('beyond a rate limit comes back, with the seconds that remain', async (context) => {
    const limited = await startService({ RATE_LIMIT_POSTS: '1' })
    onTestFinished(() => limited.stop())
    const { post, article, alert, box } = await open(context, limited, { as: await buildUser(limited) })
    await post('The first')
    await article('The first').getByText('now').waitFor()
    await post('The second')
    await alert.waitFor()
    const seconds = async () => Number(/Try again in (\d+) s/.exec(await alert.innerText())?.[1])
    const first = await seconds()
    expect(first).toBeGreaterThan(1)
    await until('the countdown', async () => (await seconds()) < first)
    expect(await box('New post').inputValue()).toBe('The second')
  })
})

describe('a change', () => {
  it('of a post that was changed elsewhere shows the current version and keeps the text', async (context) => {
    const alice = await buildUser(service)
    const post = await buildPost(service, alice, { text: 'Version one' })
    const { page, button, box, article, alert } = await open(context, service, {
      as: alice,
      path: `/@${alice.username}/${post.id}`,
    })
    await button('Edit').click()
    await box('Post text').fill('My version')
    await call(service, 'PATCH', post.href, { token: alice.token, json: { text: 'Their version' } })
    await button('Save').click()
    await article('Their version').waitFor()
    await alert.filter({ hasText: 'This post was changed in the meantime.' }).waitFor()
    expect(await box('Post text').inputValue()).toBe('My version')
    await button('Save').click()
    await article('My version').waitFor()

    await call(service, 'PATCH', post.href, { token: alice.token, json: { text: 'Their last word' } })
    await button('Delete').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await article('Their last word').waitFor()
    await alert.filter({ hasText: 'This post was changed in the meantime.' }).waitFor()
  })
})

describe('a session', () => {
  it('that expired leads to the login page and back, with the draft', async (context) => {
    const alice = await buildUser(service)
    const bob = await buildUser(service)
    const { page, box, button, link, arrived } = await open(context, service, { as: alice })
    await box('New post').fill('An unfinished thought')
    await call(service, 'PATCH', `/api/users/${alice.username}`, {
      token: alice.token,
      json: { password: 'another horse battery', currentPassword: alice.password },
    })
    await page.goto(new URL(`/@${bob.username}/followers`, service.url).href)
    await arrived('/login')
    await page.getByText('Your session has ended.').waitFor()
    await box('Username').fill(alice.username)
    await page.getByLabel('Password').fill('another horse battery')
    await button('Log in').click()
    await arrived(`/@${bob.username}/followers`)
    await link('Home').click()
    await until('the draft', async () => (await box('New post').inputValue()) === 'An unfinished thought')
  })

  it('lasts as long as the tab, or longer if the person wants', async (context) => {
    const alice = await buildUser(service)
    const first = await open(context, service, { path: '/login?from=/explore' })
    const logIn = async ({ page, box, button }: typeof first) => {
      await box('Username').fill(alice.username)
      await page.getByLabel('Password').fill(alice.password)
      await button('Log in').click()
    }
    const stored = ({ page }: typeof first) =>
      page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage)])
    await logIn(first)
    await first.arrived('/explore')
    expect(await stored(first)).toEqual([['microposts.session'], []])
    await first.page.reload()
    await first.button('Log out').waitFor()

    const second = await open(context, service, { path: '/login?from=//evil.example/' })
    await second.page.getByRole('checkbox', { name: 'Stay logged in' }).check()
    await logIn(second)
    await second.arrived('/')
    expect(await stored(second)).toEqual([[], ['microposts.session']])
    const tab = await second.page.context().newPage()
    await tab.goto(service.url)
    await tab.getByRole('button', { name: 'Log out' }).click()
    // The first tab notices.
    await second.heading('Say it in 255 characters.').waitFor()
  })

  it('does not begin with a wrong password', async (context) => {
    const alice = await buildUser(service)
    const { page, box, button, alert } = await open(context, service, { path: '/login' })
    await box('Username').fill(alice.username)
    await page.getByLabel('Password').fill('wrong horse battery')
    await button('Log in').click()
    await alert.waitFor()
    expect(await alert.innerText()).toMatch(/wrong/i)
  })
})
