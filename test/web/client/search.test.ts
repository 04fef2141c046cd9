// Searches whose first pages are empty, because the service has found nothing yet.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, uniqueName } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { useClient } from './support/client.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
const open = useClient()

describe('a search', () => {
  /** Lets the first `count` pages of posts be empty. */
  async function sendEmptyPages(page: Page, count: number) {
    const sent = { empty: 0 }
    await page.route('**/api/posts?search=*', (route) => {
      const url = new URL(route.request().url())
      url.searchParams.delete('cursor')
      if (sent.empty === count) return route.continue({ url: url.href })
      sent.empty++
      url.searchParams.set('cursor', String(sent.empty))
      return route.fulfill({ json: [], headers: { Link: `<${url.href}>; rel="next"` } })
    })
    return sent
  }

  it('follows empty pages until there is a post', async (context) => {
    const text = uniqueName()
    await buildPost(service, await buildUser(service), { text })
    const { page, go, article } = await open(context, service)
    const sent = await sendEmptyPages(page, 3)
    await go(`/search?q=${text}`)
    await article(text).waitFor()
    expect(sent.empty).toBe(3)
  })

  it('asks before it follows very many', async (context) => {
    const text = uniqueName()
    await buildPost(service, await buildUser(service), { text })
    const { page, go, article, button } = await open(context, service)
    const sent = await sendEmptyPages(page, 31)
    await go(`/search?q=${text}`)
    await button('Load more').waitFor()
    expect(sent.empty).toBe(30)
    expect(await page.getByText('No post contains').count()).toBe(0)
    await button('Load more').click()
    await article(text).waitFor()
  })
})
