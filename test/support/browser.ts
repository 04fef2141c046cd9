// Starts Chromium without its own background requests to the internet.
import { type Browser, chromium } from 'playwright-core'
import type { TestContext } from 'vitest'
import { requireProgram } from '../../harness/programs/find.ts'

/** The caller closes the browser. Without Chromium it skips the test, or throws on CI. */
export function startBrowser(context: Pick<TestContext, 'skip'>): Promise<Browser> {
  return chromium.launch({
    executablePath: requireProgram('chromium', context),
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
