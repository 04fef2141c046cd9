// Sends what clients typically send: mostly reads, some writes, and a few mistakes.
import { setTimeout } from 'node:timers/promises'
import type { Progress } from '../../harness/command-line/progress.ts'
import type { RequestOptions } from '../../harness/http/client.ts'
import type { Random } from '../../harness/random.ts'
import type { Client } from './client.ts'
import { type DemoPost, type DemoUser, postRequest, type World } from './fill.ts'
import { createScript } from './script.ts'

type Request = readonly [method: string, path: string, options?: RequestOptions]

/** Requests that may be waiting for a response before sending pauses. */
const maxPending = 100

/**
 * Sends `rate` requests a second for `seconds`. A rate-limited user pauses until the time in `Retry-After`. The first user
 * only reads, so that nothing appears in the name of a visitor who uses that account.
 */
export async function makeTraffic(
  client: Client,
  random: Random,
  progress: Progress,
  { users, posts, said, seconds, rate }: World & { seconds: number; rate: number },
): Promise<void> {
  const writers = users.length > 1 ? users.slice(1) : users
  const nextLine = createScript(random, writers, said)
  const total = seconds * rate
  const bar = progress.begin('requests', total)
  const limitedUntil = new Map<DemoUser, number>()
  const pending = new Set<Promise<void>>()
  const start = performance.now()
  for (let i = 0; i < total; i++) {
    await setTimeout(Math.max(0, start + (i * 1_000) / rate - performance.now()))
    bar.step()
    const available = users.filter((user) => (limitedUntil.get(user) ?? 0) <= performance.now())
    if (available.length === 0) continue
    const user = random.pick(available)
    const line = random.next() < 0.06 ? nextLine() : undefined
    const request: Request = line ? postRequest(line) : nextRequest(random, user, users, posts)
    const sent = client.send(...request).then(({ status, headers, body }) => {
      if (status === 429)
        limitedUntil.set(user, performance.now() + Number(headers.get('Retry-After') ?? 0) * 1_000)
      if (status === 201 && line)
        posts.push({ path: new URL(body.href).pathname, author: line.author, text: line.text })
    })
    pending.add(sent)
    void sent.finally(() => pending.delete(sent)).catch(() => {})
    // A service that stopped responding then ends the demo with an error.
    if (pending.size >= maxPending) await Promise.race(pending)
  }
  await Promise.all(pending)
  bar.end()
}

function nextRequest(random: Random, user: DemoUser, users: DemoUser[], posts: DemoPost[]): Request {
  const { username, token } = user
  const other = random.pick(users).username
  const own = user === users[0] ? [] : posts.filter(({ author }) => author === user)
  const chance = random.next()
  if (chance < 0.32) return ['GET', `/api/users/${other}/collection`, { token }]
  if (chance < 0.54) return ['GET', `/api/users/${username}/timeline`, { token }]
  if (chance < 0.71 && posts.length > 0) return ['GET', random.pick(posts).path, { token }]
  if (chance < 0.79) return ['GET', `/api/users/${other}`, { token }]
  if (chance < 0.86) return ['GET', `/api/posts?search=${random.pick(['bread', 'train', 'wren'])}`, { token }]
  if (chance < 0.88 && own.length > 0) {
    const { path, text } = random.pick(own)
    return ['PATCH', path, { token, json: { text: `${text} (Fixed a typo.)` } }]
  }
  if (chance < 0.89 && own.length > 0) {
    const post = random.pick(own)
    // Later requests must not ask for a deleted post.
    posts.splice(posts.indexOf(post), 1)
    return ['DELETE', post.path, { token }]
  }
  if (chance < 0.94) return ['GET', '/api/users/nobody-at-all', { token }]
  if (chance < 0.97) return ['POST', '/api/login', { json: { username, password: 'the wrong password' } }]
  return ['GET', '/not/a/page', { token }]
}
