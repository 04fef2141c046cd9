// Posts that arrive while the page is open, also after the connection or the service was gone.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { freshDatabase } from '../../../harness/database.ts'
import { buildPost, buildUser, call, type User } from '../../../harness/http/client.ts'
import { freePort } from '../../../harness/http/free-port.ts'
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

const follow = (target: { url: string }, { username, token }: User, other: User) =>
  call(target, 'PUT', `/api/users/${username}/following/${other.username}`, { token })

async function follower(target: { url: string }) {
  const [alice, bob] = [await buildUser(target), await buildUser(target)]
  await follow(target, alice, bob)
  return { alice, bob }
}

describe('the timeline', () => {
  it('shows a new post at once, and says so politely', async (context) => {
    const { alice, bob } = await follower(service)
    const { page, article, complaints } = await open(context, service, { as: alice })
    await page.getByText('Your timeline is ready').waitFor()
    await buildPost(service, bob, { text: 'A live post' })
    await article('A live post').waitFor()
    await page
      .getByRole('status')
      .filter({ hasText: `New post by @${bob.username}` })
      .waitFor()
    expect(complaints).toEqual([])
  })

  it('moves nothing while somebody reads: new posts wait behind a button', async (context) => {
    const { alice, bob } = await follower(service)
    for (let i = 0; i < 20; i++) await buildPost(service, bob, { text: `An old post ${i}` })
    const { page, article, button, texts } = await open(context, service, { as: alice })
    const read = article('An old post 5')
    await read.waitFor()
    await page.evaluate(() => scrollTo(0, 600))
    const before = await read.boundingBox()
    for (const i of [1, 2, 3]) await buildPost(service, bob, { text: `A new post ${i}` })
    await button('3 new posts').waitFor()
    expect(await read.boundingBox()).toEqual(before)
    expect(await article('A new post').count()).toBe(0)

    await button('3 new posts').click()
    await article('A new post 3').waitFor()
    expect((await texts()).slice(0, 4)).toEqual([
      'A new post 3',
      'A new post 2',
      'A new post 1',
      'An old post 19',
    ])
    expect(await page.evaluate(() => scrollY)).toBe(0)
    await until('the focus', () =>
      article('A new post 3').evaluate((element) => element === document.activeElement),
    )
    expect(await button('3 new posts').count()).toBe(0)
  })

  it('has what was posted while the connection was broken, once and in order', async (context) => {
    const { alice, bob } = await follower(service)
    const relay = createRelay(Number(new URL(service.url).port))
    await relay.start()
    onTestFinished(() => relay.stop())
    const { page, article, texts } = await open(
      context,
      { url: `http://localhost:${relay.port()}` },
      { as: alice },
    )
    await page.getByText('Your timeline is ready').waitFor()
    await buildPost(service, bob, { text: 'Before' })
    await article('Before').waitFor()
    await relay.stop()
    await page.getByText('microposts cannot be reached.').waitFor()
    for (const text of ['During one', 'During two']) await buildPost(service, bob, { text })
    await relay.start()
    await page.getByText('microposts cannot be reached.').waitFor({ state: 'detached' })
    await article('During two').waitFor()
    await buildPost(service, bob, { text: 'After' })
    await article('After').waitFor()
    expect(await texts()).toEqual(['After', 'During two', 'During one', 'Before'])
  })

  it('goes on when the service was restarted, also if nothing had arrived before', async (context) => {
    const database = await freshDatabase()
    onTestFinished(() => database.drop())
    const port = String(await freePort())
    const first = await startService({ PORT: port }, database)
    const { alice, bob } = await follower(first)
    const { page, article } = await open(context, first, { as: alice })
    await page.getByText('Your timeline is ready').waitFor()
    await first.stop()
    await page.getByText('microposts cannot be reached.').waitFor()
    const second = await startService({ PORT: port }, database)
    onTestFinished(() => second.stop())
    await buildPost(second, bob, { text: 'After the restart' })
    await article('After the restart').waitFor()
    await page.getByText('microposts cannot be reached.').waitFor({ state: 'detached' })
  })

  it('needs no connection while the page is hidden, and catches up afterwards', async (context) => {
    const { alice, bob } = await follower(service)
    const { page, article } = await open(context, service, { as: alice })
    await page.getByText('Your timeline is ready').waitFor()
    const setHidden = (isHidden: boolean) =>
      page.evaluate((isHidden) => {
        Object.defineProperty(document, 'hidden', { configurable: true, value: isHidden })
        document.dispatchEvent(new Event('visibilitychange'))
      }, isHidden)
    const closed = page.waitForEvent('requestfailed', (request) => request.url().endsWith('/stream'))
    await setHidden(true)
    await closed
    await buildPost(service, bob, { text: 'Nobody looked' })
    await setHidden(false)
    await article('Nobody looked').waitFor()
  })
})
