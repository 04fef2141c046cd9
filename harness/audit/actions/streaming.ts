// Streams: opened, and closed by their reader once the post that it waits for has come.
import type { IncomingMessage } from 'node:http'
import { type Actor, authorized, newText, type Weighted } from '../actor.ts'
import { post } from './posting.ts'

export const streaming: Weighted = [
  [1, listen],
  [0.3, askForHead],
]

/** Far longer than any post should take. */
const patienceMs = 20_000

async function listen(actor: Actor) {
  const { client, me } = actor
  const stream = await client.open(`${me.path}/timeline/stream`, authorized(actor))
  const timer = setTimeout(() => stream.destroy(new Error('A post did not come by a stream.')), patienceMs)
  try {
    await readUntil(stream, ':')
    const { status, body } = await post(actor, { json: { text: newText() } })
    if (status === 201) await readUntil(stream, `id: ${body.id}\n`)
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** Until this comes, or the service ends the stream because it stops. */
async function readUntil(stream: IncomingMessage, text: string) {
  let read = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    read += chunk
    if (read.includes(text)) return
  }
}

function askForHead(actor: Actor) {
  return actor.client.send('HEAD', `${actor.me.path}/timeline/stream`, authorized(actor), 200)
}
