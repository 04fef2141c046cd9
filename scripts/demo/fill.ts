// Users that follow each other and have posted.

import type { Progress } from '../../harness/command-line/progress.ts'
import type { Random } from '../../harness/random.ts'
import type { Client } from './client.ts'

export type DemoUser = { username: string; token: string }
export type Filled = { users: DemoUser[]; posts: { href: string; author: DemoUser }[] }

const names = ['alice', 'bob', 'carol', 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan', 'judy']
const password = 'a password for the demo'
export const texts = [
  'Curiouser and curiouser!',
  'Measure first, then cut.',
  'Coffee, then code ☕',
  'Who follows the followers?',
  'Ship small, ship often.',
  'A histogram is worth a thousand averages.',
  'Es regnet wieder in Zürich.',
  'Counting is the easy part 🐘',
]

/** Gives the users that could be had: as many as asked for, or as the limit on sign-ups let through. */
export async function fill(
  client: Client,
  random: Random,
  progress: Progress,
  wanted: { users: number; posts: number },
): Promise<Filled> {
  const users = await signUp(client, progress, wanted.users)
  await followEachOther(client, random, progress, users)
  return { users, posts: await post(client, random, progress, users, wanted.posts) }
}

async function signUp(client: Client, progress: Progress, wanted: number): Promise<DemoUser[]> {
  const users: DemoUser[] = []
  const bar = progress.begin('users', wanted)
  let limited = false
  for (let i = 0; i < wanted; i++) {
    const username = `${names[i % names.length]}${Math.floor(i / names.length) || ''}.demo`
    const json = { username, password }
    if (!limited) limited = (await client.send({ method: 'POST', path: '/api/users', json })).status === 429
    // Those of runs before are there already.
    const login = await client.send({ method: 'POST', path: '/api/login', json })
    if (login.status === 200) users.push({ username, token: String(login.body.token) })
    else if (limited) break
    bar.step()
  }
  bar.end()
  if (users.length === 0) {
    throw new Error('No user could be had. Start the service with RATE_LIMIT_SIGNUP=0, or wait half an hour.')
  }
  if (users.length < wanted) {
    progress.say(
      `Sign-ups are limited: going on with ${users.length} users. RATE_LIMIT_SIGNUP=0 lifts the limit.`,
    )
  }
  return users
}

async function followEachOther(client: Client, random: Random, progress: Progress, users: DemoUser[]) {
  const pairs = users.flatMap((user) =>
    users.filter((other) => other !== user && random.next() < 0.6).map((other) => ({ user, other })),
  )
  const bar = progress.begin('follows', pairs.length)
  for (const { user, other } of pairs) {
    const path = `/api/users/${user.username}/following/${other.username}`
    await client.send({ method: 'PUT', path, token: user.token })
    bar.step()
  }
  bar.end()
}

async function post(client: Client, random: Random, progress: Progress, users: DemoUser[], wanted: number) {
  const posts: Filled['posts'] = []
  const bar = progress.begin('posts', wanted)
  for (let i = 0; i < wanted; i++) {
    const author = random.pick(users)
    const referenced = random.next() < 0.4 ? random.pick(users).username : null
    const { status, body } = await client.send({
      method: 'POST',
      path: `/api/users/${author.username}/collection`,
      token: author.token,
      json: { text: random.pick(texts), referenced },
    })
    if (status === 201) posts.push({ href: String(body.href), author })
    bar.step()
  }
  bar.end()
  return posts
}
