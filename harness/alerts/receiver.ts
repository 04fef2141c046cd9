// A webhook receiver for the notifications of Alertmanager.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'

/** A firing alert of a notification, and the receiver it was sent to: `pager` or `tickets`. */
export type Notified = { receiver: string; labels: Record<string, string>; at: number }

type Notification = { receiver: string; alerts: { status: string; labels: Record<string, string> }[] }

/** `notified` grows with every notification. */
export async function startReceiver() {
  const notified: Notified[] = []
  const server = createServer(async (request, response) => {
    const { receiver, alerts } = (await json(request)) as Notification
    for (const { status, labels } of alerts)
      if (status === 'firing') notified.push({ receiver, labels, at: performance.now() })
    response.end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    notified,
    stop: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
