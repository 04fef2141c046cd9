// Opens the live view in Chromium and reads it.
import type { Browser, Page } from 'playwright-core'
import { afterAll, onTestFinished, type TestContext } from 'vitest'
import { until } from '../../../../harness/until.ts'
import { startBrowser } from '../../../support/browser.ts'

/** Returns a function that visits the live view of an endpoint. The tests of a file share one browser. */
export function useLiveView() {
  let browser: Browser | undefined
  afterAll(() => browser?.close())

  /** Prepares a page, which `open` then loads. `options` are Playwright's options for a new page. */
  return async function visit(context: TestContext, metricsUrl: string, query = '?every=250', options = {}) {
    browser ??= await startBrowser(context)
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options })
    onTestFinished(() => page.close())
    const url = new URL(`/${query}`, metricsUrl)
    return {
      page,
      complaints: complaintsOf(page, url.origin),
      open: () => page.goto(url.href),
      ...readerOf(page),
    }
  }
}

/** Collects all console output, errors, and requests to other hosts. */
function complaintsOf(page: Page, origin: string): string[] {
  const complaints: string[] = []
  page.on('console', (message) => complaints.push(message.text()))
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== origin) complaints.push(request.url())
  })
  return complaints
}

function readerOf(page: Page) {
  const says = (selector: string, text: RegExp) =>
    until(`${selector} says ${text}`, async () => text.test(await page.locator(selector).innerText()))

  return {
    /** Waits until the element's text matches. */
    says,
    isLive: () => says('[role=status]', /^Live/),
    figure: (name: string) => page.locator(`[data-figure=${name}]`).innerText(),

    /** The cells in the row of an endpoint; undefined while there is no such row. */
    async row(endpoint: string) {
      const name = page.getByRole('button', { name: endpoint, exact: true })
      const row = page.getByRole('row').filter({ has: name })
      const [rate, clientErrors, serverErrors, p50, p95, p99, total] = await row
        .getByRole('cell')
        .allInnerTexts()
      return total === undefined ? undefined : { rate, clientErrors, serverErrors, p50, p95, p99, total }
    },

    /** How many pixels of a chart are coloured, not grey. */
    coloured: (chart: string): Promise<number> =>
      page.evaluate(`(() => {
        const canvas = document.querySelector('[data-chart=${chart}] canvas')
        // Reading from the canvas itself logs a warning.
        const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
        copy.drawImage(canvas, 0, 0)
        const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
        let count = 0
        for (let i = 0; i < data.length; i += 4) {
          const [red, green, blue, opacity] = data.slice(i, i + 4)
          if (opacity > 128 && Math.max(red, green, blue) - Math.min(red, green, blue) > 60) count++
        }
        return count
      })()`),
  }
}
