// Measures what open streams cost: memory, and CPU time for each post on each stream.

import { get, type IncomingMessage } from 'node:http'
import { createInterface } from 'node:readline'
import type { Costs } from '../../harness/capacity/costs.ts'
import { showStatus } from '../../harness/command-line/progress.ts'
import { tokenOf } from '../../harness/fill.ts'
import { call } from '../../harness/http/client.ts'
import { until } from '../../harness/until.ts'
import { type Program, perRequest } from './program.ts'
import { textOf } from './requests.ts'

const users = 100
const author = 2

/** Creates posts without streams, with one of each of 100 users, and with this many. */
export async function measureStreams(
  program: Program,
  { streamsOfUser, posts }: { streamsOfUser: number; posts: number },
): Promise<Costs['stream']> {
  const streams: IncomingMessage[] = []
  let events = 0
  const open = async (each: number) => {
    for (let n = 0; n < each; n++)
      for (let user = 1; user <= users; user++) {
        showStatus(`${streams.length} streams`)
        streams.push(await openStream(program, user, () => events++))
      }
  }
  const readers = await countReaders(program)
  const measureDelivered = (each: number) => {
    const expected = events + posts * readers * each
    return measurePosts(program, posts, () => events >= expected)
  }
  try {
    const none = await measureDelivered(0)
    const memoryBefore = await program.memoryBytes()
    await open(1)
    const few = await measureDelivered(1)
    await open(streamsOfUser - 1)
    const bytes = ((await program.memoryBytes()) - memoryBefore) / streams.length
    const many = await measureDelivered(streamsOfUser)
    const deliveryUs = (many.serviceUs - few.serviceUs) / (readers * (streamsOfUser - 1))
    return {
      deliveryUs: Math.max(0, deliveryUs),
      readUs: Math.max(0, few.serviceUs - none.serviceUs - readers * deliveryUs),
      databaseUs: Math.max(0, few.databaseUs - none.databaseUs),
      bytes: Math.max(0, bytes),
    }
  } finally {
    for (const stream of streams) stream.destroy()
  }
}

/** Returns the CPU time for each post until `delivered`. */
async function measurePosts(program: Program, posts: number, delivered: () => boolean) {
  const before = await program.spent()
  for (let post = 0; post < posts; post++) {
    showStatus(`${post} of ${posts} posts`)
    const options = { token: tokenOf(author), json: { text: textOf(post) } }
    await call(program, 'POST', `/api/users/user${author}/collection`, options)
  }
  await until('every stream has every post', delivered)
  return perRequest(before, await program.spent(), posts)
}

/** How many of the users have the author's posts in their timelines. */
async function countReaders(program: Program): Promise<number> {
  let readers = 0
  for (let user = 1; user <= users; user++) {
    const { body } = await call(program, 'GET', `/api/users/user${user}/following?user=user${author}`)
    if (user === author || body.length > 0) readers++
  }
  return readers
}

function openStream({ url }: Program, user: number, onEvent: () => void) {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const headers = { Authorization: `Bearer ${tokenOf(user)}` }
  get(`${url}/api/users/user${user}/timeline/stream`, { headers, agent: false }, (response) => {
    if (response.statusCode !== 200) reject(new Error(`stream: ${response.statusCode}`))
    createInterface(response).on('line', (line) => {
      if (line === 'event: post') onEvent()
    })
    response.on('error', () => {})
    resolve(response)
  }).on('error', reject)
  return promise
}
