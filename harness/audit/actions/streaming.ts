// Opens streams, and closes each once it has delivered a new post.
import type { IncomingMessage } from 'node:http'
import { type Actor, newText, sendAs, type Weighted } from '../actor.ts'
import { post } from './posting.ts'

export const streaming: Weighted = [
  [1, listen],
  [0.3, (actor) => sendAs(actor, 'HEAD', `${actor.me.path}/timeline/stream`, 200)],
]

/** Far longer than the delivery of a post takes. */
const timeoutMs = 20_000

async function listen(actor: Actor) {
  const { client, me } = actor
  const stream = await client.open(`${me.path}/timeline/stream`, { token: me.token })
  const timer = setTimeout(
    () => stream.destroy(new Error('The stream did not deliver a new post.')),
    timeoutMs,
  )
  try {
    await readUntil(stream, ':')
    const { status, body } = await post(actor, { json: { text: newText() } })
    if (status === 201) await readUntil(stream, `id: ${body.id}\n`)
  } finally {
    clearTimeout(timer)
    stream.destroy()
  }
}

/** Reads until this text, or until the service ends the stream because it stops. */
async function readUntil(stream: IncomingMessage, text: string) {
  let read = ''
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    read += chunk
    if (read.includes(text)) return
  }
}
