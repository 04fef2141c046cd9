// Signs people up, lets them follow each other and holds their conversations.
import type { Progress } from '../../harness/command-line/progress.ts'
import type { Random } from '../../harness/random.ts'
import type { Client } from './client.ts'
import { conversations, people } from './people.ts'

export type DemoUser = { username: string; token: string }
export type DemoPost = { path: string; author: DemoUser }

const password = 'a password for the demo'

/** Returns the users and posts. There are fewer users than wanted if the service limits sign-ups. */
export async function fill(
  client: Client,
  random: Random,
  progress: Progress,
  wanted: { users: number; posts: number },
): Promise<{ users: DemoUser[]; posts: DemoPost[] }> {
  const users = await signUp(client, progress, wanted.users)
  await followEachOther(client, random, progress, users)
  return { users, posts: await converse(client, random, progress, users, wanted.posts) }
}

async function signUp(client: Client, progress: Progress, wanted: number): Promise<DemoUser[]> {
  const users: DemoUser[] = []
  const bar = progress.begin('users', wanted)
  let limited = false
  for (let i = 0; i < wanted; i++) {
    const { username, displayName, bio } = person(i)
    if (!limited) {
      const json = { username, password, displayName, bio }
      limited = (await client.send('POST', '/api/users', { json })).status === 429
    }
    // Users of earlier runs exist already.
    const login = await client.send('POST', '/api/login', { json: { username, password } })
    if (login.status === 200) users.push({ username, token: login.body.token })
    else if (limited) break
    bar.step()
  }
  bar.end()
  if (users.length === 0) {
    throw new Error(
      'No user could sign up or log in. Start the service with RATE_LIMIT_SIGNUP=0, or wait half an hour.',
    )
  }
  if (users.length < wanted) {
    progress.say(
      `The service limits sign-ups: continuing with ${users.length} users. RATE_LIMIT_SIGNUP=0 lifts the limit.`,
    )
  }
  return users
}

/** The names repeat, with a number, if there are more users than people. */
function person(index: number) {
  const { name, bio } = people[index % people.length] as (typeof people)[number]
  const [firstName = ''] = name.toLowerCase().split(' ')
  const repetition = Math.floor(index / people.length) || ''
  return { username: `${firstName}${repetition}.demo`, displayName: name, bio }
}

async function followEachOther(client: Client, random: Random, progress: Progress, users: DemoUser[]) {
  const pairs = users.flatMap((user) =>
    users.filter((other) => other !== user && random.next() < 0.6).map((other) => ({ user, other })),
  )
  const bar = progress.begin('follows', pairs.length)
  for (const { user, other } of pairs) {
    await client.send('PUT', `/api/users/${user.username}/following/${other.username}`, { token: user.token })
    bar.step()
  }
  bar.end()
}

/** Writes `wanted` posts; replies reference the author of the post before. */
async function converse(
  client: Client,
  random: Random,
  progress: Progress,
  users: DemoUser[],
  wanted: number,
): Promise<DemoPost[]> {
  const posts: DemoPost[] = []
  const bar = progress.begin('posts', wanted)
  for (let sent = 0; sent < wanted; ) {
    const conversation = random.pick(conversations)
    const [first, second] = [random.pick(users), random.pick(users)]
    for (const [index, text] of conversation.slice(0, wanted - sent).entries()) {
      const [author, other] = index % 2 === 0 ? [first, second] : [second, first]
      const { status, body } = await client.send('POST', `/api/users/${author.username}/collection`, {
        token: author.token,
        json: { text, referenced: index === 0 ? null : other.username },
      })
      if (status === 201) posts.push({ path: new URL(body.href).pathname, author })
      sent++
      bar.step()
    }
  }
  bar.end()
  return posts
}
