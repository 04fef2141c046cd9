// The end of the chain: hears what Alertmanager sends to its webhooks.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** One alert of a notification: its labels, and the receiver that heard of it, `pager` or `tickets`. */
export type Heard = { receiver: string; labels: Record<string, string>; at: number }

type Notification = { receiver: string; alerts: { status: string; labels: Record<string, string> }[] }

export async function startReceiver() {
  const heard: Heard[] = []
  const server = createServer(async (request, response) => {
    const { receiver, alerts } = (await json(request)) as Notification
    for (const { status, labels } of alerts)
      if (status === 'firing') heard.push({ receiver, labels, at: performance.now() })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
