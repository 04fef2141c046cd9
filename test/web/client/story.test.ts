// What two people do in two windows, from their first visit on.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildPost, buildUser, call, uniqueName } from '../../../harness/http/client.ts'
import { type Service, startService } from '../../../harness/service.ts'
import { until } from '../../../harness/until.ts'
import { type Client, useClient } from './support/client.ts'

let service: Service
beforeAll(async () => {
  service = await startService()
})
afterAll(() => service.stop())
const open = useClient()

async function signUp({ link, box, button, page }: Client, username: string) {
  await link('Sign up').click()
  await box('Username').fill(username)
  await page.getByLabel('Password').fill('correct horse battery')
  await button('Sign up').click()
  await box('New post').waitFor()
}

describe('the web client', () => {
  it('is enough to sign up, follow, post, mention, search, edit, delete and log out', async (context) => {
    const [alice, bob] = [await open(context, service), await open(context, service)]
    const [aliceName, bobName] = [uniqueName(), uniqueName()]
    await signUp(alice, aliceName)
    await signUp(bob, bobName)
    expect(alice.path()).toBe('/')

    await bob.go(`/@${aliceName}`)
    await bob.button('Follow').click()
    await bob.button('Unfollow').waitFor()
    await bob.page.getByRole('link', { name: '1 Follower' }).click()
    await bob.page
      .getByRole('list', { name: 'Followers' })
      .getByRole('link', { name: `@${bobName}` })
      .waitFor()
    await bob.link('Home').click()
    await bob.page.getByRole('heading', { name: 'Your timeline is ready' }).waitFor()

    await alice.post('Curiouser and curiouser!')
    await alice.article('Curiouser').waitFor()
    expect(await alice.box('New post').inputValue()).toBe('')
    await bob.article('Curiouser').waitFor()

    await bob.post('What a tea party', aliceName)
    await bob.article('tea party').waitFor()
    await alice.link(`@${aliceName}`).first().click()
    await alice.link('Mentions').click()
    await alice.article('tea party').waitFor()

    await alice.page.getByRole('searchbox', { name: 'Search' }).fill('curiouser')
    await alice.page.keyboard.press('Enter')
    await alice.arrived('/search')
    await alice.article('Curiouser').locator('time').click()
    await alice.button('Edit').click()
    await alice.box('Post text').fill('Curiouser, edited')
    await alice.button('Save').click()
    await alice.article('Curiouser, edited').getByText('edited', { exact: true }).waitFor()

    await alice.button('Delete').click()
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    await alice.article('Curiouser, edited').waitFor()
    await alice.button('Delete').click()
    await alice.page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click()
    await alice.arrived('/')
    await alice.page.getByText('The post was deleted.').waitFor()
    expect((await call(service, 'GET', `/api/users/${aliceName}/collection`)).body).toEqual([])

    await alice.button('Log out').click()
    await alice.heading('Say it in 255 characters.').waitFor()
    expect(
      await alice.page.evaluate(() => [...Object.keys(sessionStorage), ...Object.keys(localStorage)]),
    ).toEqual([])
    expect([...alice.complaints, ...bob.complaints]).toEqual([])
  })

  it('names posts by author and time, and has exact times that lead to the post', async (context) => {
    const alice = await buildUser(service)
    const post = await buildPost(service, alice, { text: 'A named post' })
    const { page, link, arrived } = await open(context, service, { as: alice })
    const article = page.getByRole('feed').getByRole('article', { name: `@${alice.username} now` })
    await article.waitFor()
    expect(await article.locator('time').getAttribute('datetime')).toBe(post.timestamp)
    await article.locator('time').click()
    await arrived(`/@${alice.username}/${post.id}`)
    await link('Home').click()
    await arrived('/')
  })

  it('keeps relative times current', async (context) => {
    const alice = await buildUser(service)
    await buildPost(service, alice)
    const { page } = await open(context, service, { as: alice, path: '/livez' })
    await page.clock.install()
    await page.goto(service.url)
    const time = page.getByRole('article').locator('time')
    await until('a new post', async () => (await time.innerText()) === 'now')
    await page.clock.runFor(5 * 60_000 + 10_000)
    await until('a post of five minutes', async () => (await time.innerText()) === '5 min ago')
    await page.clock.runFor(3 * 3_600_000)
    await until('a post of three hours', async () => (await time.innerText()) === '3 h ago')
  })

  it('changes profile and password, ends sessions and deletes the account', async (context) => {
    const alice = await buildUser(service)
    const { page, box, button, link, alert, arrived, heading, description } = await open(context, service, {
      as: alice,
    })
    await link('Settings').click()
    await box('Display name').fill('Alice Liddell')
    await box('Bio').fill('Down the rabbit hole.')
    await button('Save').click()
    await page.getByText('Profile saved.').waitFor()

    const sessions = page.getByRole('region', { name: 'Sessions' })
    await sessions.getByText('Another session').waitFor()
    await button('End session').click()
    await sessions.getByText('Another session').waitFor({ state: 'detached' })
    expect(await call(service, 'GET', '/api/sessions', { token: alice.token })).toMatchObject({ status: 401 })

    await page.getByLabel('Current password').fill('wrong horse battery')
    await page.getByLabel('New password').fill('short')
    await button('Change password').click()
    await until(
      'the error of the new password',
      async () => (await page.getByLabel('New password').getAttribute('aria-invalid')) === 'true',
    )
    await page.getByText('The new password must have at least 8 characters.').waitFor()
    await page.getByLabel('New password').fill('correct horse staple')
    await button('Change password').click()
    await until(
      'the error of the current password',
      async () => (await page.getByLabel('Current password').getAttribute('aria-invalid')) === 'true',
    )
    await page.getByLabel('Current password').fill(alice.password)
    await button('Change password').click()
    await page.getByText('Password changed.').waitFor()
    expect(await description('Bio')).toMatch(/500 characters/)
    expect(await alert.count()).toBe(0)

    await link(`@${alice.username}`).click()
    await heading('Alice Liddell').waitFor()
    await link('Edit profile').click()
    await button('Delete account').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Delete account' }).click()
    await arrived('/')
    await link('Sign up').waitFor()
    expect(await call(service, 'GET', `/api/users/${alice.username}`)).toMatchObject({ status: 404 })
  })

  it('loads further pages through their links', async (context) => {
    const alice = await buildUser(service)
    for (let i = 1; i <= 45; i++) await buildPost(service, alice, { text: `Post ${i}.` })
    const { page, button, texts } = await open(context, service, { path: `/@${alice.username}` })
    await page.getByRole('article').first().waitFor()
    expect(await texts()).toHaveLength(20)
    for (const count of [40, 45]) {
      await button('Load more').click()
      await until(`${count} posts`, async () => (await texts()).length === count)
    }
    expect(new Set(await texts()).size).toBe(45)
    expect(await button('Load more').count()).toBe(0)
  })

  it('tells whom to ask for what when a form is invalid', async (context) => {
    const { username } = await buildUser(service)
    const { page, box, button, alert, description } = await open(context, service, { path: '/signup' })
    await box('Username').fill('not a name')
    // Hidden, and offered to password managers.
    const password = page.getByLabel('Password')
    expect(await password.getAttribute('type')).toBe('password')
    expect(await password.getAttribute('autocomplete')).toBe('new-password')
    await password.fill('password1')
    await button('Sign up').click()
    await until('the error', async () => /The username must be/.test(await description('Username')))
    await page.getByText('The password is one of the most common passwords.').waitFor()
    expect(await alert.count()).toBe(0)
    expect(await box('Username').evaluate((element) => element === document.activeElement)).toBe(true)

    await box('Username').fill(username)
    await page.getByLabel('Password').fill('correct horse battery')
    await button('Sign up').click()
    await until(
      'the alert',
      async () => (await alert.allInnerTexts()).join() === `Username ${username} is taken.`,
    )
  })
})
