// A real browser, that stays off the net.
import { type Browser, chromium } from 'playwright-core'
import type { TestContext } from 'vitest'
import { requireProgram } from '../../harness/programs/find.ts'

/** Starts Chromium; whoever calls closes it. */
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
