// Signs people up, lets them follow each other and holds their conversations.
import type { Progress } from '../../harness/command-line/progress.ts'
import type { Random } from '../../harness/random.ts'
import type { Client } from './client.ts'
import { type Person, personAt } from './people.ts'
import { createScript, type Line } from './script.ts'

export type DemoUser = Person & { token: string }
export type DemoPost = { path: string; author: DemoUser; text: string }
export type World = { users: DemoUser[]; posts: DemoPost[]; said: Set<string> }

export const password = 'a password for the demo'

/**
 * Returns the users, the new posts, and the texts of all recent posts. There are fewer users than wanted if the service
 * limits sign-ups.
 */
export async function fill(
  client: Client,
  random: Random,
  progress: Progress,
  wanted: { users: number; posts: number },
): Promise<World> {
  const users = await enter(client, progress, wanted.users)
  await followEachOther(client, random, progress, users)
  const said = await recentTexts(client)
  const posts = await converse(client, random, progress, { users, said, wanted: wanted.posts })
  return { users, posts, said }
}

/** Logs in the users of earlier runs, and signs up the others. */
async function enter(client: Client, progress: Progress, wanted: number): Promise<DemoUser[]> {
  const users: DemoUser[] = []
  const bar = progress.begin('users', wanted)
  let isLimited = false
  for (let i = 0; i < wanted; i++) {
    const person = personAt(i)
    const credentials = { username: person.username, password }
    const logIn = () => client.send('POST', '/api/login', { json: credentials })
    let login = await logIn()
    if (login.status === 401 && !isLimited) {
      const { displayName, bio } = person
      const { status, headers } = await client.send('POST', '/api/users', {
        json: { ...credentials, displayName, bio },
      })
      isLimited = status === 429 || remainingSignUps(headers) <= 1
      if (status === 201) login = await logIn()
    }
    if (login.status === 200) users.push({ ...person, token: login.body.token })
    bar.step()
  }
  bar.end()
  if (users.length === 0) {
    throw new Error(
      'No user could sign up or log in. Start the service with RATE_LIMIT_SIGNUP=0, or wait half an hour.',
    )
  }
  if (users.length < wanted) {
    const reason = isLimited
      ? 'The service limits sign-ups, and one is left for you'
      : 'Other users have their names'
    const remedy = isLimited ? ' Start it with RATE_LIMIT_SIGNUP=0 for more.' : ''
    progress.say(`${reason}: continuing with ${users.length} of ${wanted} users.${remedy}`)
  }
  return users
}

/** Requests that the tightest limit still allows: after a sign-up, how many more people this address can sign up. */
const remainingSignUps = (headers: Headers) =>
  Number(headers.get('RateLimit-Remaining') ?? Number.POSITIVE_INFINITY)

/** The first user follows everybody; it is the account that visitors can log in with. */
async function followEachOther(client: Client, random: Random, progress: Progress, users: DemoUser[]) {
  const pairs = users.flatMap((user) =>
    users
      .filter((other) => other !== user && (user === users[0] || random.next() < 0.6))
      .map((other) => ({ user, other })),
  )
  const bar = progress.begin('follows', pairs.length)
  for (const { user, other } of pairs) {
    await client.send('PUT', `/api/users/${user.username}/following/${other.username}`, { token: user.token })
    bar.step()
  }
  bar.end()
}

/** A later run continues the conversations instead of repeating them. */
async function recentTexts(client: Client): Promise<Set<string>> {
  const { body } = await client.send('GET', '/api/posts?limit=100')
  return new Set(body.map(({ text }: { text: string }) => text))
}

async function converse(
  client: Client,
  random: Random,
  progress: Progress,
  { users, said, wanted }: { users: DemoUser[]; said: Set<string>; wanted: number },
): Promise<DemoPost[]> {
  const posts: DemoPost[] = []
  const nextLine = createScript(random, users, said)
  const bar = progress.begin('posts', wanted)
  for (let i = 0; i < wanted; i++) {
    const line = nextLine()
    const { status, body } = await client.send(...postRequest(line))
    if (status === 201)
      posts.push({ path: new URL(body.href).pathname, author: line.author, text: line.text })
    bar.step()
  }
  bar.end()
  return posts
}

/** The request that posts a line. */
export function postRequest({ author, referenced, text }: Line<DemoUser>) {
  const options = { token: author.token, json: { text, referenced } }
  return ['POST', `/api/users/${author.username}/collection`, options] as const
}
