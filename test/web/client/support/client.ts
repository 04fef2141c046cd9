// Opens the web client in Chromium, as one person after another.
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, onTestFinished, type TestContext } from 'vitest'
import type { Target, User } from '../../../../harness/http/client.ts'
import { call } from '../../../../harness/http/client.ts'
import { until } from '../../../../harness/until.ts'
import { startBrowser } from '../../../support/browser.ts'

export type Client = Awaited<ReturnType<ReturnType<typeof useClient>>>
type Options = BrowserContextOptions & { as?: User; path?: string }

/** Returns a function that opens the client in a window of its own. The tests of a file share one browser. */
export function useClient() {
  let browser: Browser | undefined
  afterAll(() => browser?.close())

  /** Opens `path` of a service, logged in as `as` if given. */
  return async function open(
    context: TestContext,
    target: Target,
    { as, path = '/', ...options }: Options = {},
  ) {
    browser ??= await startBrowser(context)
    const window = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options })
    onTestFinished(() => window.close())
    await window.addInitScript(observe)
    const session = as && (await newSession(target, as))
    if (session) await window.addInitScript(storeSession, session)
    const page = await window.newPage()
    const complaints = complaintsOf(page, target.url)
    const go = (to: string) => page.goto(new URL(to, target.url).href)
    await go(path)
    return { page, complaints, go, ...actions(page) }
  }
}

/** Logs in through the API; the value is what the client stores. */
async function newSession(target: Target, { username, password }: User) {
  const { body } = await call(target, 'POST', '/api/login', { json: { username, password } })
  return JSON.stringify({ token: body.token, expiresAt: body.expiresAt, username })
}

/** Runs in the page, once in each tab: the person may log out later. */
function storeSession(session: string) {
  if (sessionStorage.getItem('test.stored')) return
  sessionStorage.setItem('test.stored', 'yes')
  sessionStorage.setItem('microposts.session', session)
}

/** Runs in the page: reports violations of its policy, and adds up how far content moves by itself. */
function observe() {
  // biome-ignore lint/suspicious/noConsole: the test reads the console of the page
  const report = console.error
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    report(`policy violation: ${violatedDirective} ${blockedURI}`),
  )
  const shifts = { total: 0 }
  Object.assign(globalThis, { shifts })
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as unknown as { value: number; hadRecentInput: boolean }[])
      if (!entry.hadRecentInput) shifts.total += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
}

/** Collects all console output, errors, and requests to other hosts. */
function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(String(error.stack)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(request.url())
  })
  return complaints
}

function actions(page: Page) {
  const box = (name: string) => page.getByRole('textbox', { name, exact: true })
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  return {
    box,
    button,
    link: (name: string) => page.getByRole('link', { name, exact: true }),
    article: (text: string) => page.getByRole('article').filter({ hasText: text }),
    heading: (name: string) => page.getByRole('heading', { name, level: 1 }),
    alert: page.getByRole('alert'),
    path: () => new URL(page.url()).pathname,

    async post(text: string, mention = '') {
      await box('New post').fill(text)
      await box('Mention').fill(mention)
      await button('Post').click()
    },

    /** Waits until the page has loaded what it shows. */
    async settled() {
      await page.locator('main h1').waitFor({ state: 'attached' })
      await until(
        'the content',
        async () => (await page.locator('.skeleton, .loading, .unknown').count()) === 0,
      )
    },

    /** The texts of the posts that the page shows, from the top. */
    texts: () => page.locator('article .text').allInnerTexts(),

    /** What assistive technology says of a text box besides its name. */
    description: (name: string) =>
      box(name).evaluate((element) =>
        (element.getAttribute('aria-describedby') ?? '')
          .split(' ')
          .map((id) => document.getElementById(id)?.textContent ?? '')
          .join(' ')
          .trim(),
      ),

    focused: () =>
      page.evaluate(
        () => document.activeElement?.textContent?.trim() || document.activeElement?.getAttribute('name'),
      ),

    /** Waits until the address has this path. */
    arrived: (path: string) => until(`the page ${path}`, () => new URL(page.url()).pathname === path),
  }
}
