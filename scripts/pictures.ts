// Takes the pictures of the README from a service that is filled with the demo's people and posts.
import { mkdir } from 'node:fs/promises'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createProgress } from '../harness/command-line/progress.ts'
import { createDatabase, type TemporaryDatabase } from '../harness/database.ts'
import { openQuietly } from '../harness/open-database.ts'
import { findProgram } from '../harness/programs/find.ts'
import { createRandom } from '../harness/random.ts'
import { type Service, startService } from '../harness/service.ts'
import { readOptions } from '../lib/command-line.ts'
import { createClient } from './demo/client.ts'
import { fill, password, type World } from './demo/fill.ts'
import { makeTraffic } from './demo/traffic.ts'

const usage = `Usage: npm run pictures [-- options]

Starts a service on a temporary database, fills it with the demo's people and posts, and takes screenshots with Chromium:
the timeline, a profile on a phone in the dark, and the live view. Uses free ports of this machine. For emoji, install a font
that has them (Debian package fonts-noto-color-emoji).

  --folder PATH  where the pictures go (docs/pictures)
  --seed N       seed of the random choices (1)
  --help         shows this text
`

const { folder, seed } = readOptions(usage, { folder: 'docs/pictures', seed: 1 })
const progress = createProgress()
try {
  await takePictures()
} catch (error) {
  process.exitCode = 1
  process.stderr.write(`${(error as Error).message}\n`)
} finally {
  progress.stop()
}

async function takePictures() {
  const executablePath = findProgram('chromium')
  if (!executablePath) throw new Error('Chromium is not installed (Debian package chromium).')
  await mkdir(folder, { recursive: true })
  const database = await createDatabase()
  let service = await startService({}, database)
  let browser: Browser | undefined
  try {
    const world = await fill(createClient(service.url), createRandom(seed), progress, {
      users: 12,
      posts: 60,
    })
    await service.stop()
    await spreadPosts(database)
    service = await startService({}, database)
    browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] })
    await pictureClient(browser, service, world)
    await pictureLiveView(browser, service, world)
  } finally {
    await browser?.close()
    await service.stop()
    await database.drop()
  }
}

/** The demo posts everything within a second; here the last posts are minutes old, and the first ones days. */
async function spreadPosts({ env }: TemporaryDatabase) {
  const database = await openQuietly(env)
  await database.client.$executeRaw`
    UPDATE "Post" SET "createdAt" = now() - ranked."age" * ranked."age" * interval '1 minute'
    FROM (SELECT "id", row_number() OVER (ORDER BY "id" DESC) AS "age" FROM "Post") ranked
    WHERE "Post"."id" = ranked."id"`
  await database.close()
}

async function pictureClient(browser: Browser, { url }: Service, { users: [visitor, friend] }: World) {
  const desktop = await browser.newPage({ viewport: { width: 1200, height: 800 }, colorScheme: 'light' })
  await logIn(desktop, url, visitor?.username ?? '')
  await save(desktop, 'timeline')

  const options = {
    viewport: { width: 390, height: 800 },
    deviceScaleFactor: 2,
    colorScheme: 'dark',
  } as const
  const phone = await browser.newPage(options)
  await phone.goto(`${url}/@${friend?.username}`)
  await phone.getByRole('article').first().waitFor()
  await save(phone, 'profile')
}

async function logIn(page: Page, url: string, username: string) {
  await page.goto(`${url}/login`)
  await page.getByLabel('Username').fill(username)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('article').first().waitFor()
}

async function pictureLiveView(browser: Browser, { url, metricsUrl }: Service, world: World) {
  const page = await browser.newPage({ viewport: { width: 1200, height: 1000 }, colorScheme: 'light' })
  await page.goto(new URL('/?every=500', metricsUrl).href)
  await makeTraffic(createClient(url), createRandom(seed), progress, { ...world, seconds: 20, rate: 30 })
  await save(page, 'live-view')
}

async function save(page: Page, name: string) {
  const path = `${folder}/${name}.png`
  await page.screenshot({ path, animations: 'disabled' })
  process.stdout.write(`${path}\n`)
}
