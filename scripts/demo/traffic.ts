// Sends what clients typically send: mostly reads, some writes, and a few mistakes.
import { setTimeout } from 'node:timers/promises'
import type { Progress } from '../../harness/command-line/progress.ts'
import type { RequestOptions } from '../../harness/http/client.ts'
import type { Random } from '../../harness/random.ts'
import type { Client } from './client.ts'
import type { DemoPost, DemoUser } from './fill.ts'
import { conversations } from './people.ts'

type Request = [method: string, path: string, options?: RequestOptions]

/** Requests that may be waiting for a response before sending pauses. */
const maxPending = 100

/** Sends `rate` requests a second for `seconds`. A rate-limited user pauses until the time in `Retry-After`. */
export async function makeTraffic(
  client: Client,
  random: Random,
  progress: Progress,
  { users, posts, seconds, rate }: { users: DemoUser[]; posts: DemoPost[]; seconds: number; rate: number },
): Promise<void> {
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
    const sent = client.send(...nextRequest(random, user, users, posts)).then(({ status, headers, body }) => {
      if (status === 429)
        limitedUntil.set(user, performance.now() + Number(headers.get('Retry-After') ?? 0) * 1_000)
      if (status === 201) posts.push({ path: new URL(body.href).pathname, author: user })
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
  const own = posts.filter(({ author }) => author === user)
  const text = random.pick(conversations)[0]
  const chance = random.next()
  if (chance < 0.3) return ['GET', `/api/users/${other}/collection`, { token }]
  if (chance < 0.5) return ['GET', `/api/users/${username}/timeline`, { token }]
  if (chance < 0.65 && posts.length > 0) return ['GET', random.pick(posts).path, { token }]
  if (chance < 0.72) return ['GET', `/api/users/${other}`, { token }]
  if (chance < 0.77)
    return ['GET', `/api/posts?search=${random.pick(['coffee', 'count', 'meas'])}`, { token }]
  if (chance < 0.87) return ['POST', `/api/users/${username}/collection`, { token, json: { text } }]
  if (chance < 0.91 && own.length > 0)
    return ['PATCH', random.pick(own).path, { token, json: { text: `${text} (edited)` } }]
  if (chance < 0.93 && own.length > 0) {
    const post = random.pick(own)
    // Later requests must not ask for a deleted post.
    posts.splice(posts.indexOf(post), 1)
    return ['DELETE', post.path, { token }]
  }
  if (chance < 0.96) return ['GET', '/api/users/nobody-at-all', { token }]
  if (chance < 0.98) return ['POST', '/api/login', { json: { username, password: 'the wrong password' } }]
  return ['GET', '/not/a/page', { token }]
}
